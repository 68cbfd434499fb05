/**
 * Multipart uploads in the S3 dialect, as far as its documents differ.
 *
 * @module
 */

import { encodePercentPath } from '../../../base/percent-encoding.ts'
import { LIST_PARTS_MAX, LIST_UPLOADS_MAX, PART_COUNT_MAX } from '../../../model/limits.ts'
import { COMPLETE_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import { readCompleteMultipartUpload } from '../../../wire/oss/documents/complete-multipart-upload.ts'
import type { QueryPair } from '../../../wire/oss/request-head.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import {
  checksumElements,
  partChecksumElement,
  partChecksumHeaders,
  planHeaders,
  readChecksumPlan,
  readExpectedObject,
  readPartChecksum,
  requirePartChecksums,
} from '../../../wire/s3/checksum-text.ts'
import { writeS3CompletedUpload } from '../../../wire/s3/documents/complete-multipart-upload.ts'
import { writeS3CopyResult } from '../../../wire/s3/documents/copy-result.ts'
import { writeS3ListParts } from '../../../wire/s3/documents/list-parts.ts'
import { writeS3ListUploads } from '../../../wire/s3/documents/list-uploads.ts'
import { readWriteCondition } from '../../../wire/s3/write-condition.ts'
import type { BucketOperation, ObjectOperation } from '../../operation.ts'
import {
  copyToPart,
  initiateMultipartUpload,
  initiateTo,
  putPartTo,
  uploadPart as ossUploadPart,
} from '../../oss/operations/object-multipart.ts'
import { integerArgument, textArgument, wantsUrlEncoding } from '../../oss/query-arguments.ts'
import { versionHeaders } from '../../oss/version-arguments.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'
import { withoutEtag } from './object-basic.ts'

export const createMultipartUpload: ObjectOperation = {
  ...initiateMultipartUpload,
  name: 'CreateMultipartUpload',
  handle(request, services) {
    const plan = readChecksumPlan(request.http.headers)
    return initiateTo(request, services, plan, planHeaders(plan))
  },
}

export const uploadPart: ObjectOperation = {
  ...ossUploadPart,
  handle(request, services) {
    return putPartTo(request, services, ({ checksum }) => partChecksumHeaders(checksum))
  },
}

export const uploadPartCopy: ObjectOperation = {
  name: 'UploadPartCopy',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  async handle(request, services) {
    const { copied, headers } = await copyToPart(request, services)
    const checksum = partChecksumElement(copied.checksum)
    const document = writeS3CopyResult('CopyPartResult', copied, checksum)
    return xmlResponse(document, withoutEtag(headers))
  },
}

export const completeMultipartUpload: ObjectOperation = {
  name: 'CompleteMultipartUpload',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  isConditional: true,
  async handle({ http, bucket, key }, { uploads, region }) {
    const condition = readWriteCondition(http.headers)
    const document = await readDocument(http, COMPLETE_DOCUMENT_BYTES_MAX)
    const parts = readCompleteMultipartUpload(document, readPartChecksum)
    const expected = readExpectedObject(http.headers)
    const uploadId = uploadIdOf(http.query)
    if (parts.some(({ checksum }) => checksum === undefined)) {
      requirePartChecksums(parts, await uploads.findChecksums(bucket, key, uploadId))
    }
    const record = await uploads.complete(bucket, key, uploadId, parts, {
      ...{ forbidOverwrite: false, condition, expected },
    })
    const { etag } = record
    const scheme = http.secure ? 'https' : 'http'
    const location = `${scheme}://${bucket.name}.${region.extranetEndpoint}/${encodePercentPath(key)}`
    const made = { bucket: bucket.name, key, etag, location }
    const text = writeS3CompletedUpload(made, checksumElements(record))
    return xmlResponse(text, versionHeaders(bucket, record))
  },
}

export const listParts: ObjectOperation = {
  name: 'ListParts',
  resource: 'object',
  permission: 'oss:ListParts',
  metering: 'get',
  access: 'write',
  async handle({ http: { query }, bucket, key }, { uploads }) {
    const uploadId = uploadIdOf(query)
    const asked = { fallback: LIST_PARTS_MAX, min: 1, max: Number.MAX_SAFE_INTEGER }
    const maxParts = Math.min(integerArgument(query, 'max-parts', asked), LIST_PARTS_MAX)
    const limits = { fallback: 0, min: 0, max: PART_COUNT_MAX }
    const after = integerArgument(query, 'part-number-marker', limits)
    const page = await uploads.listParts(bucket, key, uploadId, { after, maxParts })
    const { name, owner } = bucket
    return xmlResponse(
      writeS3ListParts({ bucket: name, owner, key, uploadId, after, maxParts, page }),
    )
  },
}

export const listMultipartUploads: BucketOperation = {
  name: 'ListMultipartUploads',
  resource: 'bucket',
  permission: 'oss:ListMultipartUploads',
  metering: 'get',
  access: 'manage',
  async handle({ http: { query }, bucket }, { uploads }) {
    const limits = { fallback: LIST_UPLOADS_MAX, min: 1, max: Number.MAX_SAFE_INTEGER }
    const options = {
      prefix: textArgument(query, 'prefix'),
      delimiter: textArgument(query, 'delimiter'),
      keyMarker: textArgument(query, 'key-marker'),
      uploadIdMarker: textArgument(query, 'upload-id-marker'),
      maxUploads: Math.min(integerArgument(query, 'max-uploads', limits), LIST_UPLOADS_MAX),
    }
    const urlEncoding = wantsUrlEncoding(query)
    const page = await uploads.listUploads(bucket, options)
    const { name, owner } = bucket
    return xmlResponse(writeS3ListUploads({ ...options, bucket: name, owner, urlEncoding, page }))
  },
}

function uploadIdOf(query: readonly QueryPair[]): string {
  return queryValue(query, 'uploadId') ?? ''
}
