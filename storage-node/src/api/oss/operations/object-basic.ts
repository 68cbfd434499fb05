/**
 * Objects as a whole: put, copy, delete (oss.md 1.7).
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import type { ObjectMetadata, ObjectRecord } from '../../../model/object.ts'
import type { WriteCondition } from '../../../model/preconditions.ts'
import { DELETE_DOCUMENT_BYTES_MAX, PUT_SIZE_BYTES_MAX } from '../../../model/limits.ts'
import type { CopyRequest } from '../../../services/object-service.ts'
import { writeCopyObjectResult } from '../../../wire/oss/documents/copy-result.ts'
import {
  readDeleteMultiple,
  writeDeleteMultiple,
} from '../../../wire/oss/documents/delete-multiple.ts'
import {
  contentMd5,
  copiedMetadata,
  readContentMd5,
  readForbidOverwrite,
  readReplacesMetadata,
} from '../../../wire/oss/object-headers.ts'
import { readReplacesTags } from '../../../wire/oss/tagging-header.ts'
import { deletionOf, inBatches } from '../../listed-objects.ts'
import type { BucketOperation, ObjectOperation, ObjectRequest, Services } from '../../operation.ts'
import { authorizeWrite } from '../../writable-object.ts'
import type { FlatHeaders, OssRequest, OssResponse } from '../../http-message.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'
import { callBack, requestedCallback } from '../../callback.ts'
import type { CopySource } from '../copy-source.ts'
import { copying, findCopySource } from '../copy-source.ts'
import { wantsUrlEncoding } from '../query-arguments.ts'
import { requestedMetadata } from '../requested-metadata.ts'
import { requireBody } from '../require-body.ts'
import { sourceVersionHeaders, versionArgument, versionHeaders } from '../version-arguments.ts'

export const putObject: ObjectOperation = {
  name: 'PutObject',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  callsBack: true,
  handle: (request, services) => putTo(request, services, undefined, () => []),
}

/** What PutObject does; a dialect may let it depend on what it replaces, and tell more of it. */
export async function putTo(
  request: ObjectRequest,
  services: Services,
  condition: WriteCondition | undefined,
  tell: (record: ObjectRecord) => FlatHeaders,
): Promise<OssResponse> {
  const { http, bucket, key } = request
  requireBody(http.body, PUT_SIZE_BYTES_MAX)
  const callback = requestedCallback(http)
  const record = await services.objects.put(bucket, key, {
    metadata: requestedMetadata(request),
    body: http.body,
    contentMd5: readContentMd5(http.headers),
    forbidOverwrite: readForbidOverwrite(http.headers),
    condition,
    signal: http.signal,
  })
  const { etag, crc64 } = record
  http.facts.objectSizeBytes = record.sizeBytes
  const headers = [
    'ETag',
    `"${etag}"`,
    'Content-MD5',
    contentMd5(etag),
    'x-oss-hash-crc64ecma',
    String(crc64),
    ...versionHeaders(bucket, record),
    ...tell(record),
  ]
  if (callback === undefined) return { status: 200, headers }
  return callBack(callback, request, { record, headers }, services)
}

export const copyObject: ObjectOperation = {
  name: 'CopyObject',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  async handle(request, services) {
    const { record, headers } = await copyTo(request, services)
    return xmlResponse(writeCopyObjectResult(record), headers)
  },
}

/** Copies, and returns what was made and the headers that tell of it: documents differ by dialect. */
export async function copyTo(
  request: ObjectRequest,
  services: Services,
  options: Pick<CopyRequest, 'condition' | 'checksumAlgorithm'> = {},
): Promise<{ readonly record: ObjectRecord; readonly headers: FlatHeaders }> {
  const { http, bucket, key } = request
  const copySource = await findCopySource(request, services)
  const requested = requestedMetadata(request)
  // Onto itself, a copy is how metadata is replaced, whatever the directive (oss.md 5.11), unless none
  // is sent; where versions are kept, it is how one is restored.
  const isRenewal =
    isOntoItself(copySource, request) &&
    bucket.versioning === 'unset' &&
    saysMetadata(http, requested)
  const replaced = {
    metadata: readReplacesMetadata(http.headers) || isRenewal,
    tags: readReplacesTags(http.headers),
  }
  const { record, source: copied } = await copying(copySource, () =>
    services.objects.copy(bucket, key, {
      ...copySource,
      metadata: (source) => copiedMetadata(source, requested, replaced),
      pacer: http.pacer,
      forbidOverwrite: readForbidOverwrite(http.headers),
      ...options,
      signal: http.signal,
    }),
  )
  const headers = [
    'ETag',
    `"${record.etag}"`,
    'x-oss-hash-crc64ecma',
    String(record.crc64),
    ...versionHeaders(bucket, record),
    ...sourceVersionHeaders(copySource.source.bucket, copied),
  ]
  return { record, headers }
}

export const deleteObject: ObjectOperation = {
  name: 'DeleteObject',
  resource: 'object',
  permission: 'oss:DeleteObject',
  metering: 'put',
  access: 'write',
  handle: (request, services) => deleteAt(request, services, undefined),
}

/** What DeleteObject does; a dialect may let it depend on what it removes. */
export async function deleteAt(
  { http, bucket, key }: ObjectRequest,
  { objects }: Services,
  condition: WriteCondition | undefined,
): Promise<OssResponse> {
  const deletion = await objects.delete(bucket, key, versionArgument(http.query), condition)
  const { versionId, isDeleteMarker } = deletion
  const headers = versionId === undefined ? [] : versionHeaders(bucket, { versionId })
  if (isDeleteMarker) headers.push('x-oss-delete-marker', 'true')
  return { status: 204, headers }
}

export const deleteMultipleObjects: BucketOperation = {
  name: 'DeleteMultipleObjects',
  resource: 'bucket',
  permission: 'oss:DeleteObject',
  metering: 'put',
  access: 'write',
  async handle(listed, { objects }) {
    const { http, bucket } = listed
    // A document that was cut on its way could name other objects.
    if (readContentMd5(http.headers) === undefined) {
      throw new OssError('MissingArgument', {
        message: 'The header Content-MD5 is missing.',
        details: [{ name: 'ArgumentName', value: 'Content-MD5' }],
      })
    }
    if (http.body.framing !== 'length') throw new OssError('MissingContentLength')
    const urlEncoding = wantsUrlEncoding(http.query)
    const request = readDeleteMultiple(await readDocument(http, DELETE_DOCUMENT_BYTES_MAX))
    const named = request.objects
    await inBatches(named, ({ key, versionId }) =>
      authorizeWrite(deletionOf(listed, key, versionId), objects, versionId),
    )
    const deleted = await inBatches(named, async ({ key, versionId }) => {
      return { key, named: versionId, ...(await objects.delete(bucket, key, versionId)) }
    })
    return xmlResponse(writeDeleteMultiple({ deleted, quiet: request.quiet, urlEncoding }))
  },
}

/** Whether anything was sent of what a copy otherwise takes from its source. */
function saysMetadata({ headers }: OssRequest, requested: ObjectMetadata): boolean {
  const kept = requested.headers.length + requested.userMetadata.length
  return headers['content-type'] !== undefined || kept > 0
}

function isOntoItself({ source }: CopySource, { bucket, key }: ObjectRequest): boolean {
  return source.bucket.bucketId === bucket.bucketId && source.key === key
}
