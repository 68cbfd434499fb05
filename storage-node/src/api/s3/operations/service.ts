/**
 * ListBuckets of the S3 dialect.
 *
 * @module
 */

import { LIST_BUCKETS_MAX } from '../../../model/limits.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import { writeS3ListBuckets } from '../../../wire/s3/documents/list-buckets.ts'
import { decodeToken, encodeToken } from '../../continuation-token.ts'
import type { ServiceOperation } from '../../operation.ts'
import { integerArgument, textArgument } from '../../oss/query-arguments.ts'
import { xmlResponse } from '../../xml-response.ts'

const MAX_BUCKETS_MAX = 10_000

export const listBuckets: ServiceOperation = {
  name: 'ListBuckets',
  resource: 'service',
  permission: 'oss:ListBuckets',
  metering: 'put',
  async handle({ http: { query }, account }, { buckets, region: { region } }) {
    const prefix = textArgument(query, 'prefix')
    const token = queryValue(query, 'continuation-token') || undefined
    const limits = { fallback: MAX_BUCKETS_MAX, min: 1, max: MAX_BUCKETS_MAX }
    const maxKeys = Math.min(integerArgument(query, 'max-buckets', limits), LIST_BUCKETS_MAX)
    const isElsewhere = (queryValue(query, 'bucket-region') || region) !== region
    const marker = token === undefined ? '' : decodeToken(token)
    const page = isElsewhere
      ? { buckets: [], nextMarker: undefined }
      : await buckets.list(account, { prefix, marker, maxKeys })
    const { nextMarker } = page
    return xmlResponse(
      writeS3ListBuckets({
        ...{ owner: account, region, prefix, buckets: page.buckets },
        continuationToken: nextMarker === undefined ? undefined : encodeToken(nextMarker),
      }),
    )
  },
}
