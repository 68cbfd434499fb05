/**
 * Objects as a whole: put, copy, delete (oss.md 1.7).
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import { DELETE_DOCUMENT_BYTES_MAX, PUT_SIZE_BYTES_MAX } from '../../../model/limits.ts'
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
import type { BucketOperation, ObjectOperation, ObjectRequest } from '../../operation.ts'
import { refuseVersion } from '../../unserved-headers.ts'
import { authorizeWrite } from '../../writable-object.ts'
import { readDocument } from '../../read-document.ts'
import { xmlResponse } from '../../xml-response.ts'
import type { CopySource } from '../copy-source.ts'
import { copying, findCopySource } from '../copy-source.ts'
import { wantsUrlEncoding } from '../query-arguments.ts'
import { requestedMetadata } from '../requested-metadata.ts'
import { requireBody } from '../require-body.ts'

export const putObject: ObjectOperation = {
  name: 'PutObject',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  async handle(request, { objects }) {
    const { http, bucket, key } = request
    requireBody(http.body, PUT_SIZE_BYTES_MAX)
    const { etag, crc64, sizeBytes } = await objects.put(bucket, key, {
      metadata: requestedMetadata(request),
      body: http.body,
      contentMd5: readContentMd5(http.headers),
      forbidOverwrite: readForbidOverwrite(http.headers),
      signal: http.signal,
    })
    http.facts.objectSizeBytes = sizeBytes
    return {
      status: 200,
      headers: [
        'ETag',
        `"${etag}"`,
        'Content-MD5',
        contentMd5(etag),
        'x-oss-hash-crc64ecma',
        String(crc64),
      ],
    }
  },
}

export const copyObject: ObjectOperation = {
  name: 'CopyObject',
  resource: 'object',
  permission: 'oss:PutObject',
  metering: 'put',
  access: 'write',
  async handle(request, services) {
    const { http, bucket, key } = request
    const copySource = await findCopySource(request, services)
    const requested = requestedMetadata(request)
    // Onto itself, a copy is how metadata is replaced, whatever the directive (oss.md 5.11).
    const replaces = readReplacesMetadata(http.headers) || isOntoItself(copySource, request)
    const record = await copying(request, copySource, () =>
      services.objects.copy(bucket, key, {
        ...copySource,
        metadata: (source) => (replaces ? requested : copiedMetadata(source, requested)),
        forbidOverwrite: readForbidOverwrite(http.headers),
        signal: http.signal,
      }),
    )
    return xmlResponse(writeCopyObjectResult(record), [
      'ETag',
      `"${record.etag}"`,
      'x-oss-hash-crc64ecma',
      String(record.crc64),
    ])
  },
}

export const deleteObject: ObjectOperation = {
  name: 'DeleteObject',
  resource: 'object',
  permission: 'oss:DeleteObject',
  metering: 'put',
  access: 'write',
  async handle({ bucket, key }, { objects }) {
    await objects.delete(bucket, key)
    return { status: 204, headers: [] }
  },
}

export const deleteMultipleObjects: BucketOperation = {
  name: 'DeleteMultipleObjects',
  resource: 'bucket',
  permission: 'oss:DeleteObject',
  metering: 'put',
  access: 'write',
  async handle({ http, bucket, caller }, { objects }) {
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
    for (const { versionId } of request.objects) refuseVersion(versionId)
    const keys = request.objects.map(({ key }) => key)
    await inBatches(keys, (key) => authorizeWrite({ http, caller, bucket, key }, objects))
    await inBatches(keys, (key) => objects.delete(bucket, key))
    return xmlResponse(writeDeleteMultiple({ keys, quiet: request.quiet, urlEncoding }))
  },
}

/** Enough to share journal syncs, few enough to leave the queue to others. */
const BATCH_COUNT = 100

async function inBatches<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += BATCH_COUNT) {
    await Promise.all(items.slice(at, at + BATCH_COUNT).map(act))
  }
}

function isOntoItself({ source }: CopySource, { bucket, key }: ObjectRequest): boolean {
  return source.bucket.bucketId === bucket.bucketId && source.key === key
}
