/**
 * The callback that an upload asks for: whom to call, and what to say (oss.md 5.18).
 *
 * @module
 */

import { isUtf8 } from 'node:buffer'
import { unreachable } from '../../base/assert.ts'
import { encodePercent } from '../../base/percent-encoding.ts'
import { invalidArgument } from '../../model/errors.ts'

/** Whom to call, and what to say; checked before the upload begins. */
export interface Callback {
  /** Tried in this order until one answers as it should. */
  readonly urls: readonly URL[]
  /** Undefined: the one of the URL. */
  readonly host: string | undefined
  /** Has placeholders. */
  readonly body: string
  readonly bodyType: CallbackBodyType
  /** Values of `${x:name}`, by `x:name`. */
  readonly vars: ReadonlyMap<string, string>
}

export type CallbackBodyType = 'application/x-www-form-urlencoded' | 'application/json'

/** What a callback can tell of an upload. */
export interface CallbackFacts {
  readonly bucket: string
  readonly object: string
  /** Without quotes. */
  readonly etag: string
  readonly size: number
  readonly mimeType: string
  readonly crc64: string
  readonly contentMd5: string
  readonly clientIp: string
  readonly reqId: string
  readonly operation: string
}

const PARAMETER_BYTES_MAX = 5 * 1024
const URL_COUNT_MAX = 5
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i
const HOST = /^[\x21-\x7e]{1,253}$/
const VAR_NAME = /^x:[^A-Z]+$/
const PLACEHOLDER = /\$\{([^{}]*)\}/g
/** Nothing is known of images; the network of a client has no id here. */
const EMPTY = new Set(['imageInfo.height', 'imageInfo.width', 'imageInfo.format', 'vpcId'])
const FACTS: ReadonlySet<string> = new Set<keyof CallbackFacts>([
  'bucket',
  'object',
  'etag',
  'size',
  'mimeType',
  'crc64',
  'contentMd5',
  'clientIp',
  'reqId',
  'operation',
])

/** Reads the parameter, base64 of JSON. `name` is what carries it. Throws InvalidArgument. */
export function readCallback(
  text: string,
  vars: ReadonlyMap<string, string>,
  name: string,
): Callback {
  const invalid = (why: string) => invalidArgument(name, text, `The callback ${why}.`)
  const parameter = readObject(text, name)
  const { callbackUrl, callbackHost, callbackBody, callbackBodyType } = parameter
  const urls = typeof callbackUrl === 'string' ? readUrls(callbackUrl) : undefined
  if (urls === undefined)
    throw invalid(`needs a callbackUrl of 1 to ${URL_COUNT_MAX} web addresses`)
  if (typeof callbackBody !== 'string' || callbackBody === '') throw invalid('needs a callbackBody')
  if (!hasKnownPlaceholders(callbackBody)) throw invalid('has a placeholder that nobody knows')
  const bodyType = callbackBodyType || 'application/x-www-form-urlencoded'
  if (bodyType !== 'application/x-www-form-urlencoded' && bodyType !== 'application/json') {
    throw invalid('has a callbackBodyType that is neither a form nor JSON')
  }
  const host = callbackHost || undefined
  if (host !== undefined && (typeof host !== 'string' || !HOST.test(host))) {
    throw invalid('has a callbackHost that is no name of a host')
  }
  return { urls, host, body: callbackBody, bodyType, vars }
}

/**
 * Reads values of a client's own, base64 of JSON. What has another name than `x:…` no body can mention: it
 * is let go, for oss2's own tests send such. Throws InvalidArgument.
 */
export function readCallbackVars(text: string, name: string): ReadonlyMap<string, string> {
  const vars = new Map<string, string>()
  for (const [key, value] of Object.entries(readObject(text, name))) {
    if (!key.startsWith('x:')) continue
    if (!VAR_NAME.test(key) || typeof value !== 'string') {
      const why =
        'Custom values of a callback are texts whose names begin with "x:", in lower case.'
      throw invalidArgument(name, text, why)
    }
    vars.set(key, value)
  }
  return vars
}

/** What is sent: the body with its placeholders filled, each value encoded as the body's type has it. */
export function fillCallbackBody(callback: Callback, facts: CallbackFacts): string {
  const { body, bodyType, vars } = callback
  return body.replace(PLACEHOLDER, (_whole, name: string) => {
    if (name.startsWith('x:')) return encodeValue(vars.get(name) ?? '', bodyType)
    return encodeValue(FACTS.has(name) ? facts[name as keyof CallbackFacts] : '', bodyType)
  })
}

function encodeValue(value: string | number, bodyType: CallbackBodyType): string {
  switch (bodyType) {
    case 'application/json':
      return JSON.stringify(value)
    case 'application/x-www-form-urlencoded':
      return encodePercent(String(value))
    default:
      return unreachable(bodyType)
  }
}

/** Base64 of JSON; JSON itself is taken, too, for forms may carry it bare (oss.md 2.6). */
function readObject(text: string, name: string): Record<string, unknown> {
  const invalid = (why: string) => invalidArgument(name, text.slice(0, 100), `${name} ${why}.`)
  if (text.length > PARAMETER_BYTES_MAX) {
    throw invalid(`must be at most ${PARAMETER_BYTES_MAX} bytes`)
  }
  // A plus that a client forgot to encode in a query has become a blank.
  const encoded = text.replaceAll(' ', '+')
  const isBare = text.trimStart().startsWith('{')
  if (!isBare && !BASE64.test(encoded)) throw invalid('must be base64')
  const bytes = isBare ? Buffer.from(text) : Buffer.from(encoded, 'base64')
  const value = isUtf8(bytes) ? parseJson(bytes.toString()) : undefined
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw invalid('must be an object in JSON')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readUrls(text: string): readonly URL[] | undefined {
  const pieces = text.split(';').map((piece) => piece.trim())
  if (pieces.length > URL_COUNT_MAX) return undefined
  const urls = pieces.map(readUrl)
  return urls.every((url) => url !== undefined) ? urls : undefined
}

/** Addresses may come without a scheme; port 0 is none that anybody listens on. */
function readUrl(text: string): URL | undefined {
  const address = SCHEME.test(text) ? text : `http://${text}`
  if (text === '' || !URL.canParse(address)) return undefined
  const url = new URL(address)
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:'
  const isPlain = url.username === '' && url.password === '' && url.port !== '0'
  return isWeb && isPlain && url.hostname !== '' ? url : undefined
}

function hasKnownPlaceholders(body: string): boolean {
  for (const [, name = ''] of body.matchAll(PLACEHOLDER)) {
    if (!FACTS.has(name) && !EMPTY.has(name) && !VAR_NAME.test(name)) return false
  }
  return !body.replace(PLACEHOLDER, '').includes('${')
}
