/**
 * Copying, deleting and describing objects in the S3 dialect.
 *
 * @module
 */

import { parseObjectAcl } from '../../../model/acl.ts'
import { OssError } from '../../../model/errors.ts'
import { DELETE_DOCUMENT_BYTES_MAX, SMALL_DOCUMENT_BYTES_MAX } from '../../../model/limits.ts'
import type { DeletedObject, DeleteMultiple } from '../../../wire/oss/documents/delete-multiple.ts'
import { readDeleteMultiple } from '../../../wire/oss/documents/delete-multiple.ts'
import type { HeaderValues } from '../../../wire/oss/request-head.ts'
import { checksumElements, checksumHeaders, readAlgorithm } from '../../../wire/s3/checksum-text.ts'
import { readS3Acl, writeS3Acl } from '../../../wire/s3/documents/access-control-policy.ts'
import { writeS3CopyResult } from '../../../wire/s3/documents/copy-result.ts'
import type { KeptObject } from '../../../wire/s3/documents/delete-result.ts'
import { writeDeleteResult } from '../../../wire/s3/documents/delete-result.ts'
import {
  readAttributeNames,
  readPartsPage,
  writeObjectAttributes,
} from '../../../wire/s3/documents/object-attributes.ts'
import { s3Error } from '../../../wire/s3/errors.ts'
import {
  readDeleteCondition,
  readMatch,
  readWriteCondition,
} from '../../../wire/s3/write-condition.ts'
import { formatHttpDate } from '../../../wire/http-date.ts'
import { deletionOf, inBatches } from '../../listed-objects.ts'
import type { BucketOperation, BucketRequest, ObjectOperation, Services } from '../../operation.ts'
import {
  copyTo,
  deleteAt,
  deleteObject as ossDeleteObject,
  putObject as ossPutObject,
  putTo,
} from '../../oss/operations/object-basic.ts'
import { versionArgument, versionHeaders } from '../../oss/version-arguments.ts'
import { refusePublicAcl } from '../../../model/public-access.ts'
import { readAuthorized } from '../../readable-object.ts'
import { readDocument } from '../../read-document.ts'
import { authorizeWrite } from '../../writable-object.ts'
import { xmlResponse } from '../../xml-response.ts'

export const copyObject: ObjectOperation = {
  name: 'CopyObject',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  isConditional: true,
  async handle(request, services) {
    const { headers: asked } = request.http
    const condition = readWriteCondition(asked)
    const checksumAlgorithm = readAlgorithm(asked)
    const { record, headers } = await copyTo(request, services, { condition, checksumAlgorithm })
    const document = writeS3CopyResult('CopyObjectResult', record, checksumElements(record))
    return xmlResponse(document, withoutEtag(headers))
  },
}

/** As in the OSS dialect, but that it may depend on what it replaces. */
export const putObject: ObjectOperation = {
  ...ossPutObject,
  isConditional: true,
  handle(request, services) {
    const condition = readWriteCondition(request.http.headers)
    return putTo(request, services, condition, checksumHeaders)
  },
}

/** As in the OSS dialect, but that it may depend on what it removes. */
export const deleteObject: ObjectOperation = {
  ...ossDeleteObject,
  isConditional: true,
  handle(request, services) {
    return deleteAt(request, services, readDeleteCondition(request.http.headers))
  },
}

/** Each key has its own outcome: what one may not delete does not keep the others. */
export const deleteObjects: BucketOperation = {
  name: 'DeleteObjects',
  resource: 'bucket',
  permission: 'oss:DeleteObject',
  metering: 'put',
  access: 'write',
  async handle(listed, { objects }) {
    const { http } = listed
    requireDigest(http.headers)
    const { quiet, objects: named } = readDeleteMultiple(
      await readDocument(http, DELETE_DOCUMENT_BYTES_MAX),
    )
    const outcomes = await inBatches(named, (object) => deleteOne(listed, objects, object))
    return xmlResponse(writeDeleteResult(outcomes, quiet))
  },
}

export const getObjectAttributes: ObjectOperation = {
  name: 'GetObjectAttributes',
  resource: 'object',
  permission: 'oss:GetObject',
  metering: 'get',
  access: 'read',
  async handle(request, { objects, uploads }) {
    const { http, bucket, key } = request
    const asked = readAttributeNames(http.headers['x-amz-object-attributes'])
    const page = readPartsPage(http.headers)
    const find = () => objects.find(bucket, key, versionArgument(http.query))
    const record = await readAuthorized(request, find, (found) => found)
    const found = asked.includes('ObjectParts')
      ? await uploads.listObjectParts(bucket, key, record, page)
      : undefined
    const modified = ['Last-Modified', formatHttpDate(record.lastModifiedMs)]
    const headers = [...modified, ...versionHeaders(bucket, record)]
    const parts = found && { ...found, ...page }
    return xmlResponse(writeObjectAttributes(record, asked, parts), headers)
  },
}

/** By the header or by the document. */
export const putObjectAcl: ObjectOperation = {
  name: 'PutObjectAcl',
  resource: 'object',
  permission: 'oss:PutObjectAcl',
  metering: 'put',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const canned = http.headers['x-oss-object-acl']
    const acl =
      canned === undefined
        ? readS3Acl(await readDocument(http, SMALL_DOCUMENT_BYTES_MAX), bucket.owner)
        : parseObjectAcl(canned)
    refusePublicAcl(bucket, acl, 'object')
    const versionId = versionArgument(http.query)
    const record = await objects.amend(bucket, key, versionId, { kind: 'acl', acl })
    return { status: 200, headers: versionHeaders(bucket, record) }
  },
}

/** An object that has no ACL of its own shows that of its bucket, which holds for it. */
export const getObjectAcl: ObjectOperation = {
  name: 'GetObjectAcl',
  resource: 'object',
  permission: 'oss:GetObjectAcl',
  metering: 'get',
  access: 'manage',
  async handle({ http, bucket, key }, { objects }) {
    const record = await objects.find(bucket, key, versionArgument(http.query))
    const acl = record.acl === 'default' ? bucket.acl : record.acl
    return xmlResponse(writeS3Acl(bucket.owner, acl), versionHeaders(bucket, record))
  },
}

/** S3 tells the ETag of a copy in the document only. */
export function withoutEtag(headers: readonly string[]): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = [headers[at], headers[at + 1]]
    if (name !== 'ETag') kept.push(name, value)
  }
  return kept
}

/** A document that was cut on its way could name other objects. */
function requireDigest(headers: HeaderValues): void {
  if (headers['content-md5'] !== undefined) return
  for (const name in headers) {
    if (name.startsWith('x-amz-checksum-') || name === 'x-amz-trailer') return
  }
  throw new OssError('InvalidRequest', {
    message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
  })
}

async function deleteOne(
  listed: BucketRequest,
  objects: Services['objects'],
  { key, versionId: named, etag }: DeleteMultiple['objects'][number],
): Promise<DeletedObject | KeptObject> {
  try {
    await authorizeWrite(deletionOf(listed, key, named), objects, named)
    const condition = readMatch(etag)
    return { key, named, ...(await objects.delete(listed.bucket, key, named, condition)) }
  } catch (error) {
    // What is wrong with one of them; what is wrong here is everybody's answer.
    if (error instanceof OssError && error.status < 500)
      return { key, named, error: s3Error(error) }
    throw error
  }
}
