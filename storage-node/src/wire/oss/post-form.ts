/**
 * Fields of an upload form as what a PUT has in its head (oss.md 2.6).
 *
 * @module
 */

import { isUtf8 } from 'node:buffer'
import { headerNotImplemented, invalidArgument, OssError } from '../../model/errors.ts'
import type { ObjectKey } from '../../model/identifiers.ts'
import { FORM_HEADERS_BYTES_MAX } from '../../model/limits.ts'
import { parseObjectKey } from '../../model/object-key.ts'
import { decodeField } from './post-form-part.ts'
import type { FormPart } from './post-form-part.ts'
import type { HeaderValues } from './request-head.ts'

/** Values by lower-case name, one character per byte; of a field that is repeated the first. */
export type FormFields = ReadonlyMap<string, string>

const FILENAME = '${filename}'
const DEFAULT_CONTENT_TYPE = 'application/octet-stream'
const STANDARD = new Set([
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'expires',
])
/** What a header of an answer can have: fields can hold line feeds, headers cannot. */
const HEADER_VALUE = /^[\x20-\x7e\x80-\xff\t]*$/
/** What says who sends the form, and no more about the object. */
const FORM_ONLY = new Set([
  'x-oss-content-type',
  'x-oss-signature',
  'x-oss-signature-version',
  'x-oss-credential',
  'x-oss-date',
  'x-oss-security-token',
])
const REDIRECT_SCHEME = /^https?:$/

/** The object that a form makes. Throws what a key that is missing or cannot be one gets. */
export function readFormKey(fields: FormFields, { filename }: FormPart): ObjectKey {
  const field = fields.get('key')
  if (field === undefined) {
    throw new OssError('InvalidArgument', {
      message: 'Bucket POST must contain a field named "key".',
      details: [{ name: 'ArgumentName', value: 'key' }],
    })
  }
  if (!isUtf8(Buffer.from(field, 'latin1'))) {
    throw new OssError('InvalidObjectName', {
      message: 'The specified object is not valid: its name must be UTF-8.',
    })
  }
  return parseObjectKey(decodeField(field).replaceAll(FILENAME, () => filename))
}

/** Type of the object: what the form says, what the file's part says, or of any bytes. */
export function formContentType(fields: FormFields, { contentType }: FormPart): string {
  return fields.get('x-oss-content-type') || contentType || DEFAULT_CONTENT_TYPE
}

/**
 * Headers that a PUT of the same object would have. A field beats the header of the request that
 * carries the form; of that, nothing but `x-oss-` headers counts. Throws InvalidArgument for what can
 * be no header.
 */
export function formHeaders(
  sent: HeaderValues,
  fields: FormFields,
  contentType: string,
): HeaderValues {
  // Without a prototype: a field may be called `constructor`.
  const headers: Record<string, string | undefined> = Object.create(null)
  for (const name in sent) if (isOwnHeader(name)) headers[name] = sent[name]
  let sizeBytes = contentType.length
  for (const [name, value] of fields) {
    if (!STANDARD.has(name) && !isOwnHeader(name)) continue
    headers[name] = headerValue(name, value)
    sizeBytes += name.length + value.length
  }
  headers['content-type'] = headerValue('content-type', contentType)
  if (sizeBytes > FORM_HEADERS_BYTES_MAX) throw new OssError('FieldItemTooLong')
  // The documents have no tags for forms (oss.md 2.6): they are refused, not lost.
  if (headers['x-oss-tagging'] !== undefined) throw headerNotImplemented('x-oss-tagging')
  return headers
}

/** Where a browser is sent after its upload. Throws InvalidArgument for what is no web address. */
export function readRedirect(fields: FormFields): URL | undefined {
  const text = fields.get('success_action_redirect')
  if (text === undefined || text === '') return undefined
  const url = URL.canParse(decodeField(text)) ? new URL(decodeField(text)) : undefined
  if (url !== undefined && REDIRECT_SCHEME.test(url.protocol)) return url
  throw invalidArgument(
    'success_action_redirect',
    decodeField(text),
    'success_action_redirect must be an http or https URL.',
  )
}

/** The status that an upload is answered with. */
export function readSuccessStatus(fields: FormFields): 200 | 201 | 204 {
  const text = fields.get('success_action_status')
  if (text === '200' || text === '201') return Number(text) as 200 | 201
  return 204
}

function isOwnHeader(name: string): boolean {
  return name.startsWith('x-oss-') && !FORM_ONLY.has(name)
}

function headerValue(name: string, value: string): string {
  if (HEADER_VALUE.test(value)) return value.trim()
  throw invalidArgument(name, decodeField(value), `The field "${name}" has no value of a header.`)
}
