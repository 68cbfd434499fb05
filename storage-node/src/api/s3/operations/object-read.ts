/**
 * GetObject and HeadObject in the S3 dialect: a range, or one of the parts that an object was made of.
 *
 * Parts keep the numbers that they were sent under. An object that did not come in parts is its own
 * first part.
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import { PART_COUNT_MAX } from '../../../model/limits.ts'
import {
  checksumHeaders,
  partChecksumHeaders,
  wantsChecksum,
} from '../../../wire/s3/checksum-text.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import type { ObjectOperation } from '../../operation.ts'
import type { ChooseBytes, ChosenBytes } from '../../oss/operations/object-read.ts'
import {
  answerGet,
  answerHead,
  getObject as ossGetObject,
  headObject as ossHeadObject,
  rangeOf,
} from '../../oss/operations/object-read.ts'
import { requiredInteger } from '../../oss/query-arguments.ts'

export const getObject: ObjectOperation = {
  ...ossGetObject,
  handle: (request, services) => answerGet(request, services, chooseBytes),
}

/** Unlike in the OSS dialect, a head tells of a range. */
export const headObject: ObjectOperation = {
  ...ossHeadObject,
  handle: (request, services) => answerHead(request, services, chooseBytes),
}

const chooseBytes: ChooseBytes = (request, bytes, services) => {
  const { query, headers } = request.http
  if (queryValue(query, 'partNumber') !== undefined) return partOf(request, bytes, services)
  const chosen = rangeOf(request, bytes)
  // Of bytes from the middle it would be another one: clients compare it with what they get.
  if (chosen !== undefined || !wantsChecksum(headers)) return chosen
  return { range: undefined, headers: checksumHeaders(bytes.record) }
}

async function partOf(
  ...[request, bytes, services]: Parameters<ChooseBytes>
): Promise<ChosenBytes> {
  const { http, bucket } = request
  const partNumber = requiredInteger(http.query, 'partNumber', 1, PART_COUNT_MAX)
  if (http.headers['range'] !== undefined) {
    throw new OssError('InvalidRequest', {
      message: 'Cannot specify both Range header and partNumber query parameter.',
    })
  }
  const { key, record } = bytes
  const part = await services.uploads.findObjectPart(bucket, key, record, partNumber)
  if (part === undefined) throw noSuchPart(partNumber, record.sizeBytes)
  const { range, partCount, checksum } = part
  const told = wantsChecksum(http.headers)
  if (partCount === undefined) return { range, headers: told ? checksumHeaders(record) : [] }
  const headers = told ? partChecksumHeaders(checksum) : []
  return { range, headers: ['x-amz-mp-parts-count', String(partCount), ...headers] }
}

function noSuchPart(partNumber: number, sizeBytes: number): OssError {
  return new OssError('InvalidPartNumber', {
    details: [{ name: 'PartNumberRequested', value: String(partNumber) }],
    headers: { 'content-range': `bytes */${sizeBytes}` },
  })
}
