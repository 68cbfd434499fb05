/**
 * Callbacks of uploads: what a request asks for, and the answer that the application server gives
 * instead of ours (oss.md 5.18).
 *
 * @module
 */

import { invalidArgument, OssError } from '../model/errors.ts'
import type { ObjectRecord } from '../model/object.ts'
import type { Callback, CallbackFacts } from '../wire/oss/callback.ts'
import { fillCallbackBody, readCallback, readCallbackVars } from '../wire/oss/callback.ts'
import { contentMd5Of } from '../wire/oss/object-headers.ts'
import type { FormFields } from '../wire/oss/post-form.ts'
import { decodeField } from '../wire/oss/post-form-part.ts'
import type { RequestHead } from '../wire/oss/request-head.ts'
import { queryValue } from '../wire/oss/request-head.ts'
import { callbackKeyUrl } from './callback-key.ts'
import type { FlatHeaders, OssResponse } from './http-message.ts'
import type { ObjectRequest, Services } from './operation.ts'

const NO_VARS: ReadonlyMap<string, string> = new Map()

/** The callback that the head of a request asks for. Throws InvalidArgument. */
export function requestedCallback({ headers, query }: RequestHead): Callback | undefined {
  const inHeader = headers['x-oss-callback']
  const inQuery = query.length === 0 ? undefined : queryValue(query, 'callback')
  if (inHeader !== undefined && inQuery !== undefined) throw twoCarriers()
  if (inHeader !== undefined) {
    const vars = headers['x-oss-callback-var']
    return callbackOf(['x-oss-callback', inHeader], ['x-oss-callback-var', vars])
  }
  if (inQuery === undefined) return undefined
  const vars = queryValue(query, 'callback-var')
  return callbackOf(['callback', inQuery], ['callback-var', vars])
}

/** The same of a form: its fields `x:…` are the values of its own. */
export function formCallback(head: RequestHead, fields: FormFields): Callback | undefined {
  const inHead = requestedCallback(head)
  const text = fields.get('callback')
  if (text === undefined) return inHead
  if (inHead !== undefined) throw twoCarriers()
  const own = [...fields].filter(([name]) => name.startsWith('x:'))
  const vars = new Map(own.map(([name, value]) => [name, decodeField(value)]))
  return readCallback(decodeField(text), vars, 'callback')
}

/**
 * Calls, and answers with what the application server said; `headers` are those of the upload. Rejects
 * with `CallbackFailed` when it said nothing useful: the object is stored nevertheless.
 */
export async function callBack(
  callback: Callback,
  request: ObjectRequest,
  upload: { readonly record: ObjectRecord; readonly headers: FlatHeaders },
  { callbacks, region }: Services,
): Promise<OssResponse> {
  const { http, bucket } = request
  const { record, headers } = upload
  try {
    const body = await callbacks.call({
      urls: callback.urls,
      host: callback.host,
      bodyType: callback.bodyType,
      body: fillCallbackBody(callback, factsOf(request, record)),
      keyUrl: callbackKeyUrl(http, region),
      requestId: http.requestId,
      bucket: bucket.name,
    })
    return { status: 200, headers: [...headers, 'Content-Type', 'application/json'], body }
  } catch (error) {
    if (!(error instanceof OssError)) throw error
    throw new OssError('CallbackFailed', { message: error.message, headers: pairsOf(headers) })
  }
}

function callbackOf(
  [name, text]: readonly [string, string],
  [varsName, vars]: readonly [string, string | undefined],
): Callback {
  return readCallback(text, vars === undefined ? NO_VARS : readCallbackVars(vars, varsName), name)
}

function twoCarriers(): OssError {
  return invalidArgument('callback', '', 'A callback must be asked for in one place, not in two.')
}

function factsOf({ http, bucket, key }: ObjectRequest, record: ObjectRecord): CallbackFacts {
  return {
    bucket: bucket.name,
    object: key,
    etag: record.etag,
    size: record.sizeBytes,
    mimeType: record.contentType,
    crc64: String(record.crc64),
    contentMd5: contentMd5Of(record) ?? '',
    clientIp: http.remoteAddress,
    reqId: http.requestId,
    operation: http.facts.operation,
  }
}

function pairsOf(headers: FlatHeaders): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (let at = 0; at + 1 < headers.length; at += 2)
    pairs[headers[at] ?? ''] = headers[at + 1] ?? ''
  return pairs
}
