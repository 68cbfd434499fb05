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
  const { query } = request.http
  if (queryValue(query, 'partNumber') === undefined) return rangeOf(request, bytes)
  return partOf(request, bytes, services)
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
  const { range, partCount } = part
  const headers = partCount === undefined ? [] : ['x-amz-mp-parts-count', String(partCount)]
  return { range, headers }
}

function noSuchPart(partNumber: number, sizeBytes: number): OssError {
  return new OssError('InvalidPartNumber', {
    details: [{ name: 'PartNumberRequested', value: String(partNumber) }],
    headers: { 'content-range': `bytes */${sizeBytes}` },
  })
}
