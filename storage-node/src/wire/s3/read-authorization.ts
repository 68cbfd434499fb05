/**
 * Finds out how a request of the S3 dialect is signed.
 *
 * @module
 */

import { OssError } from '../../model/errors.ts'
import type { SignedResource } from '../oss/authorization.ts'
import {
  malformedHeader,
  malformedQuery,
  type S3Authorization,
  type S3RequestHead,
} from './authorization.ts'
import { payloadOfUnsigned } from './payload.ts'
import { readHeaderV2, readUrlV2, S3_V2_SCHEME } from './signature-v2.ts'
import { readHeaderV4, readUrlV4, S3_V4_ALGORITHM } from './signature-v4.ts'

/** What S3 tools sign for when nobody told them a region. */
const DEFAULT_REGION = 'us-east-1'
const V4_MARKS = ['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature']
const V2_MARKS = ['AWSAccessKeyId', 'Signature']

/**
 * Reads who a request says it is from; nothing is verified yet. Throws what a signature that cannot be
 * read gets. Preflights and upload forms are not signed this way: the caller leaves them out.
 */
export function readS3Authorization(
  head: S3RequestHead,
  resource: SignedResource,
): S3Authorization {
  const header = head.headers['authorization']
  const url = urlScheme(head)
  if (header !== undefined && url !== undefined) {
    throw refusedAuthorization(
      'A request must be signed in the Authorization header or in the URL, not both.',
    )
  }
  if (header !== undefined) return readHeader(header, head, resource)
  if (url === 'V4') return readUrlV4(head)
  if (url === 'V2') return readUrlV2(head, resource)
  return { kind: 'anonymous', payload: payloadOfUnsigned(head.headers) }
}

/** Refuses a V4 signature that was made for another region; SDKs try again with the one that it names. */
export function foreignRegionRefusal(
  { region, presigned }: { readonly region: string | undefined; readonly presigned: boolean },
  own: string,
): OssError | undefined {
  const isOurs = region === undefined || region === own || region === `oss-${own}`
  if (isOurs || region === DEFAULT_REGION) return undefined
  const why = `the region '${region}' is wrong; expecting '${own}'`
  if (!presigned) return malformedHeader(why, own)
  return malformedQuery(`Error parsing the X-Amz-Credential parameter; ${why}.`, own)
}

function readHeader(
  header: string,
  head: S3RequestHead,
  resource: SignedResource,
): S3Authorization {
  if (header.startsWith(`${S3_V4_ALGORITHM} `)) return readHeaderV4(header, head)
  if (header.startsWith(`${S3_V2_SCHEME} `)) return readHeaderV2(header, head, resource)
  throw refusedAuthorization('Unsupported Authorization Type')
}

function refusedAuthorization(message: string): OssError {
  return new OssError('InvalidArgument', {
    message,
    details: [{ name: 'ArgumentName', value: 'Authorization' }],
  })
}

function urlScheme({ query }: S3RequestHead): 'V4' | 'V2' | undefined {
  if (query.length === 0) return undefined
  const has = (name: string) => query.some((pair) => pair.name === name)
  if (V4_MARKS.some(has)) return 'V4'
  return V2_MARKS.some(has) ? 'V2' : undefined
}
