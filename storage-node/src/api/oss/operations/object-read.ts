/**
 * GetObject, HeadObject and GetObjectMeta (oss.md 1.7, 5.5, 5.8, 5.9).
 *
 * @module
 */

import { unreachable } from '../../../base/assert.ts'
import type { BucketRecord } from '../../../model/bucket.ts'
import { contentRange, requestedRange } from '../../../model/byte-range.ts'
import { OssError } from '../../../model/errors.ts'
import type { ObjectRecord } from '../../../model/object.ts'
import { evaluateConditions } from '../../../model/preconditions.ts'
import { readConditions } from '../../../wire/oss/conditions.ts'
import { objectHeaders, objectMetaHeaders } from '../../../wire/oss/object-headers.ts'
import { overrideHeaders } from '../../../wire/oss/response-overrides.ts'
import type { OssRequest, OssResponse } from '../../http-message.ts'
import type { ObjectOperation, ObjectRequest, Services } from '../../operation.ts'
import { readAuthorized } from '../../readable-object.ts'
import { versionArgument, versionHeaders } from '../version-arguments.ts'

export const getObject: ObjectOperation = {
  name: 'GetObject',
  resource: 'object',
  permission: 'oss:GetObject',
  metering: 'get',
  access: 'read',
  async handle(request, { objects }) {
    const { http, bucket, key } = request
    const open = await readAuthorized(
      request,
      () => objects.read(bucket, key, versionArgument(http.query)),
      ({ record }) => record,
    )
    const { record } = open
    http.facts.objectSizeBytes = record.sizeBytes
    const refusal = conditionAnswer(http, bucket, record)
    if (refusal !== undefined) return refusal
    const headers = answerHeaders(http, bucket, record)
    const range = rangeOf(http, record)
    if (range === undefined) return { status: 200, headers, body: open.body() }
    const partHeaders = [...headers, 'Content-Range', contentRange(range, record.sizeBytes)]
    return { status: 206, headers: partHeaders, body: open.body(range) }
  },
}

export const headObject: ObjectOperation = {
  name: 'HeadObject',
  resource: 'object',
  permission: 'oss:GetObject',
  metering: 'get',
  access: 'read',
  async handle(request, services) {
    const record = await findReadable(request, services)
    const { http, bucket } = request
    const refusal = conditionAnswer(http, bucket, record)
    if (refusal !== undefined) return refusal
    const headers = answerHeaders(http, bucket, record)
    return { status: 200, headers, lengthBytes: record.sizeBytes }
  },
}

export const getObjectMeta: ObjectOperation = {
  name: 'GetObjectMeta',
  resource: 'object',
  permission: 'oss:GetObject',
  metering: 'get',
  access: 'read',
  async handle(request, services) {
    const record = await findReadable(request, services)
    // Content-Length describes the object; a GET has no body that it could be the length of.
    const lengthBytes = request.http.method === 'HEAD' ? record.sizeBytes : 0
    return { status: 200, headers: metaHeaders(request.bucket, record), lengthBytes }
  },
}

async function findReadable(request: ObjectRequest, { objects }: Services): Promise<ObjectRecord> {
  const { http, bucket, key } = request
  const record = await readAuthorized(
    request,
    () => objects.find(bucket, key, versionArgument(http.query)),
    (found) => found,
  )
  http.facts.objectSizeBytes = record.sizeBytes
  return record
}

function answerHeaders(
  { query }: OssRequest,
  bucket: BucketRecord,
  record: ObjectRecord,
): readonly string[] {
  const headers = objectHeaders(record)
  headers.push(...versionHeaders(bucket, record))
  return overrideHeaders(headers, query)
}

function metaHeaders(bucket: BucketRecord, record: ObjectRecord): string[] {
  return [...objectMetaHeaders(record), ...versionHeaders(bucket, record)]
}

/** The answer when a condition does not hold; a 304 says of what the client has the current state. */
function conditionAnswer(
  http: OssRequest,
  bucket: BucketRecord,
  record: ObjectRecord,
): OssResponse | undefined {
  const outcome = evaluateConditions(readConditions(http.headers), record)
  switch (outcome) {
    case 'proceed':
      return undefined
    case 'notModified':
      return { status: 304, headers: metaHeaders(bucket, record) }
    case 'preconditionFailed':
      throw new OssError('PreconditionFailed')
    default:
      return unreachable(outcome)
  }
}

/** The part that is asked for; undefined for the whole object. */
function rangeOf(
  { headers }: OssRequest,
  { sizeBytes }: ObjectRecord,
): { readonly start: number; readonly end: number } | undefined {
  const isStandard = headers['x-oss-range-behavior'] === 'standard'
  const range = requestedRange(headers['range'], sizeBytes, isStandard)
  switch (range.kind) {
    case 'whole':
      return undefined
    case 'part':
      return range
    case 'unsatisfiable':
      throw new OssError('InvalidRange', {
        details: [{ name: 'ActualObjectSize', value: String(sizeBytes) }],
        headers: { 'content-range': `bytes */${sizeBytes}` },
      })
    default:
      return unreachable(range)
  }
}
