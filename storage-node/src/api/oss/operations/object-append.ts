/**
 * AppendObject and SealAppendObject (oss.md 1.7, 5.12).
 *
 * @module
 */

import { APPEND_SIZE_BYTES_MAX } from '../../../model/limits.ts'
import { formatHttpDate } from '../../../wire/http-date.ts'
import { readContentMd5, readForbidOverwrite } from '../../../wire/oss/object-headers.ts'
import type { ObjectOperation, ObjectRequest } from '../../operation.ts'
import { requiredInteger } from '../query-arguments.ts'
import type { MetadataRequest } from '../requested-metadata.ts'
import { requestedMetadata } from '../requested-metadata.ts'
import { requireBody } from '../require-body.ts'
import { versionHeaders } from '../version-arguments.ts'

export const appendObject: ObjectOperation = {
  name: 'AppendObject',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  async handle(request, { objects }) {
    const { http, bucket, key } = request
    requireBody(http.body, APPEND_SIZE_BYTES_MAX)
    const position = requiredInteger(http.query, 'position', 0, APPEND_SIZE_BYTES_MAX)
    const record = await objects.append(bucket, key, position, {
      metadata: requestedMetadata(position === 0 ? request : untagged(request)),
      body: http.body,
      contentMd5: readContentMd5(http.headers),
      forbidOverwrite: readForbidOverwrite(http.headers),
      signal: http.signal,
    })
    return {
      status: 200,
      headers: [
        'ETag',
        `"${record.etag}"`,
        'x-oss-hash-crc64ecma',
        String(record.crc64),
        'x-oss-next-append-position',
        String(record.sizeBytes),
        ...versionHeaders(bucket, record),
      ],
    }
  },
}

/** From then on the object does not grow (oss.md 1.7). */
export const sealAppendObject: ObjectOperation = {
  name: 'SealAppendObject',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  async handle({ http, bucket, key }, { objects }) {
    const position = requiredInteger(http.query, 'position', 0, APPEND_SIZE_BYTES_MAX)
    const record = await objects.amend(bucket, key, undefined, { kind: 'seal', position })
    const sealed = formatHttpDate(record.sealedMs ?? record.lastModifiedMs)
    return {
      status: 200,
      headers: ['x-oss-sealed-time', sealed, ...versionHeaders(bucket, record)],
    }
  },
}

/** Appended to an object, nothing is tagged: wrong tags are no mistake then. */
function untagged({ http, bucket, key }: ObjectRequest): MetadataRequest {
  return { http: { headers: { ...http.headers, 'x-oss-tagging': undefined } }, bucket, key }
}
