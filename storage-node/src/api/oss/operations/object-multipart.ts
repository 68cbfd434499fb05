/**
 * Multipart uploads (oss.md 1.8, 5.17).
 *
 * @module
 */

import { parseObjectAcl } from '../../../model/acl.ts'
import { copyRange } from '../../../model/byte-range.ts'
import { invalidArgument, OssError } from '../../../model/errors.ts'
import {
  COMPLETE_DOCUMENT_BYTES_MAX,
  LIST_PARTS_MAX,
  LIST_UPLOADS_MAX,
  PART_COUNT_MAX,
  PART_NUMBER_MIN,
  PART_SIZE_BYTES_MAX,
} from '../../../model/limits.ts'
import type { Checksum, ChecksumPlan } from '../../../model/object-checksum.ts'
import type { ObjectAcl, PieceRecord } from '../../../model/object.ts'
import { encodePercentPath } from '../../../base/percent-encoding.ts'
import {
  readCompleteMultipartUpload,
  writeCompleteMultipartUpload,
} from '../../../wire/oss/documents/complete-multipart-upload.ts'
import type { Copied } from '../../../wire/oss/documents/copy-result.ts'
import { writeCopyPartResult } from '../../../wire/oss/documents/copy-result.ts'
import { writeInitiateMultipartUpload } from '../../../wire/oss/documents/initiate-multipart-upload.ts'
import { writeListParts } from '../../../wire/oss/documents/list-parts.ts'
import { writeListUploads } from '../../../wire/oss/documents/list-uploads.ts'
import {
  contentMd5,
  readContentMd5,
  readForbidOverwrite,
} from '../../../wire/oss/object-headers.ts'
import type { QueryPair } from '../../../wire/oss/request-head.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import { callBack, requestedCallback } from '../../callback.ts'
import type { FlatHeaders, OssRequest, OssResponse } from '../../http-message.ts'
import type { BucketOperation, ObjectOperation, ObjectRequest, Services } from '../../operation.ts'
import { refusePublicAcl } from '../../../model/public-access.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'
import type { CopySource } from '../copy-source.ts'
import { copying, findCopySource, openCopySource } from '../copy-source.ts'
import {
  integerArgument,
  requiredInteger,
  textArgument,
  wantsUrlEncoding,
} from '../query-arguments.ts'
import { requestedMetadata } from '../requested-metadata.ts'
import { requireBody } from '../require-body.ts'
import { sourceVersionHeaders, versionArgument, versionHeaders } from '../version-arguments.ts'

export const initiateMultipartUpload: ObjectOperation = {
  name: 'InitiateMultipartUpload',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  handle: (request, services) => initiateTo(request, services, undefined, []),
}

/** What InitiateMultipartUpload does; a dialect may have checksums kept, and tell of it. */
export async function initiateTo(
  request: ObjectRequest,
  { uploads }: Services,
  checksums: ChecksumPlan | undefined,
  told: FlatHeaders,
): Promise<OssResponse> {
  const { http, bucket, key } = request
  const urlEncoding = wantsUrlEncoding(http.query)
  const { uploadId } = await uploads.initiate(bucket, key, {
    metadata: requestedMetadata(request),
    forbidOverwrite: readForbidOverwrite(http.headers),
    isSequential: queryValue(http.query, 'sequential') !== undefined,
    checksums,
  })
  const begun = { bucket: bucket.name, key, uploadId, urlEncoding }
  return xmlResponse(writeInitiateMultipartUpload(begun), told)
}

export const uploadPart: ObjectOperation = {
  name: 'UploadPart',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  handle: (request, services) => putPartTo(request, services, () => []),
}

/** What UploadPart does; a dialect may tell more of the part. */
export async function putPartTo(
  { http, bucket, key }: ObjectRequest,
  { uploads }: Services,
  tell: (part: PieceRecord) => FlatHeaders,
): Promise<OssResponse> {
  const partNumber = partNumberOf(http.query)
  requireBody(http.body, PART_SIZE_BYTES_MAX)
  const part = await uploads.putPart(bucket, key, uploadIdOf(http.query), partNumber, {
    body: http.body,
    contentMd5: readContentMd5(http.headers),
    signal: http.signal,
  })
  return {
    status: 200,
    headers: [
      'ETag',
      `"${part.md5.toUpperCase()}"`,
      'Content-MD5',
      contentMd5(part.md5),
      'x-oss-hash-crc64ecma',
      String(part.crc64),
      ...tell(part),
    ],
  }
}

export const uploadPartCopy: ObjectOperation = {
  name: 'UploadPartCopy',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  versionIsOfSource: true,
  async handle(request, services) {
    const { copied, headers } = await copyToPart(request, services)
    return xmlResponse(writeCopyPartResult(copied), headers)
  },
}

/** A part that was copied. */
interface CopiedPart extends Copied {
  readonly checksum: Checksum | undefined
}

/** Copies, and returns what was made and the headers that tell of it: documents differ by dialect. */
export async function copyToPart(
  request: ObjectRequest,
  services: Services,
): Promise<{ readonly copied: CopiedPart; readonly headers: FlatHeaders }> {
  const { http, bucket, key } = request
  const partNumber = partNumberOf(http.query)
  const copySource = await findCopySource(request, services)
  refuseOtherVersion(http.query, copySource)
  const { part, source } = await copying(copySource, () =>
    services.uploads.copyPart(bucket, key, uploadIdOf(http.query), partNumber, {
      open: () => openCopySource(copySource, services),
      range: ({ sizeBytes }) => copyRange(http.headers['x-oss-copy-source-range'], sizeBytes),
      signal: http.signal,
      pacer: http.pacer,
    }),
  )
  const etag = part.md5.toUpperCase()
  // Some clients look for the ETag in the headers, as that of UploadPart, others in the document.
  const headers = [
    'ETag',
    `"${etag}"`,
    'x-oss-hash-crc64ecma',
    String(part.crc64),
    ...sourceVersionHeaders(copySource.source.bucket, source),
  ]
  const { lastModifiedMs, checksum } = part
  return { copied: { lastModifiedMs, etag, checksum }, headers }
}

export const completeMultipartUpload: ObjectOperation = {
  name: 'CompleteMultipartUpload',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  callsBack: true,
  async handle(request, services) {
    const { http, bucket, key } = request
    const { uploads, region } = services
    const urlEncoding = wantsUrlEncoding(http.query)
    const callback = requestedCallback(http)
    const options = {
      forbidOverwrite: readForbidOverwrite(http.headers),
      acl: requestedAcl(request),
    }
    const parts = await readPartList(http)
    const record = await uploads.complete(bucket, key, uploadIdOf(http.query), parts, options)
    // Some clients look for the ETag in the headers, as that of PutObject, others in the document.
    const headers = [
      'ETag',
      `"${record.etag}"`,
      'x-oss-hash-crc64ecma',
      String(record.crc64),
      ...versionHeaders(bucket, record),
    ]
    if (callback !== undefined) return callBack(callback, request, { record, headers }, services)
    const document = writeCompleteMultipartUpload({
      bucket: bucket.name,
      key,
      etag: record.etag,
      location: `${http.secure ? 'https' : 'http'}://${bucket.name}.${region.extranetEndpoint}/${encodePercentPath(key)}`,
      urlEncoding,
    })
    return xmlResponse(document, headers)
  },
}

export const abortMultipartUpload: ObjectOperation = {
  name: 'AbortMultipartUpload',
  resource: 'object',
  permission: 'oss:AbortMultipartUpload',
  metering: 'put',
  access: 'write',
  async handle({ http, bucket, key }, { uploads }) {
    await uploads.abort(bucket, key, uploadIdOf(http.query))
    return { status: 204, headers: [] }
  },
}

export const listParts: ObjectOperation = {
  name: 'ListParts',
  resource: 'object',
  permission: 'oss:ListParts',
  metering: 'get',
  access: 'write',
  async handle({ http: { query }, bucket, key }, { uploads }) {
    const urlEncoding = wantsUrlEncoding(query)
    const uploadId = uploadIdOf(query)
    const maxParts = integerArgument(query, 'max-parts', {
      fallback: LIST_PARTS_MAX,
      min: 1,
      max: LIST_PARTS_MAX,
    })
    const limits = { fallback: 0, min: 0, max: PART_COUNT_MAX }
    // Clients send the marker of a first page as they keep it: empty.
    const isFirst = queryValue(query, 'part-number-marker') === ''
    const after = isFirst ? 0 : integerArgument(query, 'part-number-marker', limits)
    const page = await uploads.listParts(bucket, key, uploadId, { after, maxParts })
    return xmlResponse(
      writeListParts({ bucket: bucket.name, key, uploadId, after, maxParts, urlEncoding, page }),
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
    const options = {
      prefix: textArgument(query, 'prefix'),
      delimiter: textArgument(query, 'delimiter'),
      keyMarker: textArgument(query, 'key-marker'),
      uploadIdMarker: textArgument(query, 'upload-id-marker'),
      maxUploads: integerArgument(query, 'max-uploads', {
        fallback: LIST_UPLOADS_MAX,
        min: 1,
        max: LIST_UPLOADS_MAX,
      }),
    }
    const urlEncoding = wantsUrlEncoding(query)
    const page = await uploads.listUploads(bucket, options)
    return xmlResponse(writeListUploads({ ...options, bucket: bucket.name, urlEncoding, page }))
  },
}

function uploadIdOf(query: readonly QueryPair[]): string {
  return queryValue(query, 'uploadId') ?? ''
}

/** One client names the version of the source twice; whoever does it here alone would copy another one. */
function refuseOtherVersion(query: readonly QueryPair[], { source }: CopySource): void {
  const text = queryValue(query, 'versionId')
  if (text === undefined || versionArgument(query) === source.versionId) return
  throw invalidArgument(
    'versionId',
    text,
    'The version of the source must be in x-oss-copy-source.',
  )
}

function partNumberOf(query: readonly QueryPair[]): number {
  return requiredInteger(query, 'partNumber', PART_NUMBER_MIN, PART_COUNT_MAX)
}

/** The ACL that a completion gives the object, in place of the one that its upload was begun with. */
function requestedAcl({ http: { headers }, bucket }: ObjectRequest): ObjectAcl | undefined {
  const text = headers['x-oss-object-acl']
  if (text === undefined) return undefined
  const acl = parseObjectAcl(text)
  refusePublicAcl(bucket, acl, 'object')
  return acl
}

/** The listed parts; undefined for all there are (`x-oss-complete-all`). */
async function readPartList(http: OssRequest) {
  const document = await readDocument(http, COMPLETE_DOCUMENT_BYTES_MAX)
  const completeAll = http.headers['x-oss-complete-all']
  if (completeAll === undefined) return readCompleteMultipartUpload(document)
  if (completeAll.toLowerCase() !== 'yes') {
    throw invalidArgument('x-oss-complete-all', completeAll, 'x-oss-complete-all must be "yes".')
  }
  if (document.byteLength > 0) {
    throw new OssError('InvalidArgument', {
      // Word for word what the service says: clients compare it.
      message: 'Should not speficy both complete all header and http body.',
      ec: '0042-00000216',
      details: [{ name: 'ArgumentName', value: 'x-oss-complete-all' }],
    })
  }
  return undefined
}
