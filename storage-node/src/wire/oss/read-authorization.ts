/**
 * Finds out how a request is signed (oss.md 2.1).
 *
 * @module
 */

import { OssError } from '../../model/errors.ts'
import { malformedAuthorization, type Authorization, type SignedResource } from './authorization.ts'
import { queryValue, type RequestHead } from './request-head.ts'
import { readHeaderV1, readUrlV1, V1_URL_PARAMETERS } from './signature-v1.ts'
import { readHeaderV2, readUrlV2 } from './signature-v2.ts'
import { readHeaderV4, readUrlV4, V4_ALGORITHM } from './signature-v4.ts'

/**
 * Reads who a request says it is from; nothing is verified yet. Throws what a signature that cannot
 * be read gets. Preflights and upload forms are not signed this way: the caller leaves them out.
 */
export function readAuthorization(head: RequestHead, resource: SignedResource): Authorization {
  const header = head.headers['authorization']
  const url = urlScheme(head)
  if (header !== undefined && url !== undefined) {
    throw malformedAuthorization(
      'A request must be signed in the Authorization header or in the URL, not both',
    )
  }
  if (header !== undefined) return readHeader(header, head, resource)
  if (url === undefined) return { kind: 'anonymous' }
  return url === 'V1' ? readUrlV1(head, resource) : readNewerUrl(head, resource)
}

function readHeader(header: string, head: RequestHead, resource: SignedResource): Authorization {
  if (header.startsWith('OSS ')) return readHeaderV1(header, head, resource)
  if (header.startsWith(`${V4_ALGORITHM} `)) return readHeaderV4(header, head, resource)
  if (header.startsWith('OSS2 ')) return readHeaderV2(header, head, resource)
  if (header.startsWith('AWS4-HMAC-SHA256 ') || header.startsWith('AWS ')) {
    throw new OssError('NotImplemented', {
      message: 'The S3 dialect is not implemented; sign the request for OSS.',
      details: [{ name: 'Header', value: 'Authorization' }],
    })
  }
  throw malformedAuthorization('Authorization header must begin with OSS, OSS2 or OSS4-HMAC-SHA256')
}

function readNewerUrl(head: RequestHead, resource: SignedResource): Authorization {
  if (queryValue(head.query, 'x-oss-signature-version') === 'OSS2') {
    return readUrlV2(head, resource)
  }
  return readUrlV4(head, resource)
}

function urlScheme({ query }: RequestHead): 'V1' | 'newer' | undefined {
  if (query.length === 0) return undefined
  const has = (name: string) => query.some((pair) => pair.name === name)
  if (has('x-oss-signature') || has('x-oss-signature-version')) return 'newer'
  return V1_URL_PARAMETERS.some(has) ? 'V1' : undefined
}
