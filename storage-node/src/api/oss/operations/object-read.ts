/**
 * GetObject, HeadObject and GetObjectMeta (oss.md 1.7, 5.5, 5.8, 5.9).
 *
 * @module
 */

import { unreachable } from '../../../base/assert.ts'
import type { BucketRecord } from '../../../model/bucket.ts'
import type { ByteRange } from '../../../model/byte-range.ts'
import { contentRange, requestedRange } from '../../../model/byte-range.ts'
import { linkedRecord } from '../../../model/decide-symlink.ts'
import { OssError } from '../../../model/errors.ts'
import type { ObjectKey } from '../../../model/identifiers.ts'
import type { ObjectRecord } from '../../../model/object.ts'
import { evaluateConditions } from '../../../model/preconditions.ts'
import type { BodyStream } from '../../../services/body.ts'
import type { OpenObject } from '../../../services/object-reader.ts'
import { readConditions } from '../../../wire/oss/conditions.ts'
import { objectHeaders, objectMetaHeaders } from '../../../wire/oss/object-headers.ts'
import { overrideHeaders } from '../../../wire/oss/response-overrides.ts'
import { restoreText } from '../../../wire/oss/restore-text.ts'
import { mayDo } from '../../authorize.ts'
import { compressedAnswer, isCompressed } from '../../compressed-answer.ts'
import type { FlatHeaders, OssRequest, OssResponse } from '../../http-message.ts'
import type { ObjectOperation, ObjectRequest, Services } from '../../operation.ts'
import { readAuthorized } from '../../readable-object.ts'
import { readTarget } from '../linked-object.ts'
import { versionArgument, versionHeaders } from '../version-arguments.ts'

export const getObject: ObjectOperation = {
  name: 'GetObject',
  resource: 'object',
  permission: 'oss:GetObject',
  metering: 'get',
  access: 'read',
  handle: (request, services) => answerGet(request, services, rangeOf),
}

export const headObject: ObjectOperation = {
  name: 'HeadObject',
  resource: 'object',
  permission: 'oss:GetObject',
  metering: 'get',
  access: 'read',
  handle: (request, services) => answerHead(request, services, () => undefined),
}

/** Of a symlink it tells what the link itself is. */
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

/** Bytes that are asked for, and whose they are: of a symlink those of its target. */
export interface ReadBytes {
  readonly record: ObjectRecord
  readonly key: ObjectKey
}

/** The part of them that an answer brings, and what it tells besides. */
export interface ChosenBytes {
  /** Undefined: the whole object. */
  readonly range: ByteRange | undefined
  readonly headers: FlatHeaders
}

/** Chooses them; undefined for the whole object. Few choices have to wait for something. */
export type ChooseBytes = (
  request: ObjectRequest,
  bytes: ReadBytes,
  services: Services,
) => ChosenBytes | undefined | Promise<ChosenBytes>

/** What GetObject does; which part of the object it answers with differs by dialect. */
export async function answerGet(
  request: ObjectRequest,
  services: Services,
  choose: ChooseBytes,
): Promise<OssResponse> {
  const { http } = request
  const { shown, open } = await openReadable(request, services)
  const { record } = shown
  const refusal = conditionAnswer(http, request.bucket, record)
  if (refusal !== undefined) return refusal
  const headers = answerHeaders(request, shown, services)
  const choice = choose(request, shown.bytes, services)
  const chosen = choice instanceof Promise ? await choice : choice
  const told = chosen === undefined ? headers : [...headers, ...chosen.headers]
  const range = chosen?.range
  if (range === undefined) return wholeAnswer(http, told, record.sizeBytes, open.body())
  return { ...partAnswer(told, range, record), body: open.body(range) }
}

/** The same of HeadObject. */
export async function answerHead(
  request: ObjectRequest,
  services: Services,
  choose: ChooseBytes,
): Promise<OssResponse> {
  const shown = await showReadable(request, services)
  const { record } = shown
  const refusal = conditionAnswer(request.http, request.bucket, record)
  if (refusal !== undefined) return refusal
  const headers = answerHeaders(request, shown, services)
  const choice = choose(request, shown.bytes, services)
  const chosen = choice instanceof Promise ? await choice : choice
  const told = chosen === undefined ? headers : [...headers, ...chosen.headers]
  const range = chosen?.range
  if (range === undefined) return { status: 200, headers: told, lengthBytes: record.sizeBytes }
  return { ...partAnswer(told, range, record), lengthBytes: range.end - range.start }
}

function partAnswer(
  headers: FlatHeaders,
  range: ByteRange,
  { sizeBytes }: ObjectRecord,
): OssResponse {
  // No header says of no bytes where they are.
  if (range.start === range.end) return { status: 200, headers }
  return { status: 206, headers: [...headers, 'Content-Range', contentRange(range, sizeBytes)] }
}

function wholeAnswer(
  { headers: asked }: OssRequest,
  headers: readonly string[],
  sizeBytes: number,
  body: BodyStream,
): OssResponse {
  if (isCompressed(asked, headers, sizeBytes)) return compressedAnswer(headers, body)
  return { status: 200, headers, body }
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

/** What an answer tells, and of which bytes. */
interface Shown {
  readonly record: ObjectRecord
  readonly bytes: ReadBytes
}

/** Opens the object that is named, or the one that it leads to. */
async function openReadable(
  request: ObjectRequest,
  { objects }: Services,
): Promise<{ readonly shown: Shown; readonly open: OpenObject }> {
  const { http, bucket, key } = request
  const recordOf = ({ record }: OpenObject) => record
  const read = () => objects.read(bucket, key, versionArgument(http.query))
  const named = await readAuthorized(request, read, recordOf)
  const target = named.record.symlinkTarget
  const readAt = (at: ObjectKey) => objects.read(bucket, at)
  const open = target === undefined ? named : await readTarget(request, target, readAt, recordOf)
  return { shown: show(request, named.record, open.record, target), open }
}

/** The same without the bytes. */
async function showReadable(request: ObjectRequest, services: Services): Promise<Shown> {
  const { bucket } = request
  const record = await findReadable(request, services)
  const target = record.symlinkTarget
  if (target === undefined) return show(request, record, record, undefined)
  const find = (at: ObjectKey) => services.objects.find(bucket, at)
  return show(request, record, await readTarget(request, target, find, (found) => found), target)
}

function show(
  { http, key }: ObjectRequest,
  named: ObjectRecord,
  found: ObjectRecord,
  target: string | undefined,
): Shown {
  http.facts.objectSizeBytes = found.sizeBytes
  const bytes = { record: found, key: target === undefined ? key : (target as ObjectKey) }
  return { record: named === found ? named : linkedRecord(named, found), bytes }
}

function answerHeaders(
  request: ObjectRequest,
  { record, bytes }: Shown,
  { objects }: Services,
): readonly string[] {
  const headers = objectHeaders(record, bytes.record)
  if (record.restore !== undefined) {
    const text = restoreText(record.restore, objects.nowMs())
    if (text !== undefined) headers.push('x-oss-restore', text)
  }
  headers.push(...versionHeaders(request.bucket, record))
  if (record.tags.length > 0 && mayReadTags(request, record)) {
    headers.push('x-oss-tagging-count', String(record.tags.length))
  }
  return overrideHeaders(headers, request.http.query)
}

function mayReadTags(request: ObjectRequest, record: ObjectRecord): boolean {
  const { right, http } = request
  const isNamed = versionArgument(http.query) !== undefined
  const action = isNamed ? 'oss:GetObjectVersionTagging' : 'oss:GetObjectTagging'
  return mayDo({ ...request, right: { ...right, action, access: 'manage' } }, record)
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

/** The bytes that a Range header asks for. */
export function rangeOf(
  { http: { headers } }: ObjectRequest,
  { record: { sizeBytes } }: ReadBytes,
): ChosenBytes | undefined {
  const isStandard = headers['x-oss-range-behavior'] === 'standard'
  const range = requestedRange(headers['range'], sizeBytes, isStandard)
  switch (range.kind) {
    case 'whole':
      return undefined
    case 'part':
      return { range, headers: [] }
    case 'unsatisfiable':
      throw new OssError('InvalidRange', {
        details: [{ name: 'ActualObjectSize', value: String(sizeBytes) }],
        headers: { 'content-range': `bytes */${sizeBytes}` },
      })
    default:
      return unreachable(range)
  }
}
