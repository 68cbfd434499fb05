/**
 * The head of a part of an upload form, and what separates parts (oss.md 2.6).
 *
 * Texts are kept as they arrive, one character per byte: values become headers, which are bytes too.
 *
 * @module
 */

import { decodePercent } from '../../base/percent-encoding.ts'
import { OssError } from '../../model/errors.ts'

/** What a part says of itself. */
export interface FormPart {
  /** Lower-case: names of fields are matched in any case. */
  readonly name: string
  /** Without the path that some browsers put in front; UTF-8 decoded. */
  readonly filename: string
  /** As sent. */
  readonly contentType: string | undefined
}

/** Headers of a part, by lower-case name, as often as they came. */
export type PartHeaders = Readonly<Record<string, readonly string[] | undefined>>

const FORM_TYPE = /^multipart\/form-data\s*(;|$)/i
/** RFC 2046 allows 70 characters; nobody sends more than a few dozen. */
const BOUNDARY_LENGTH_MAX = 256
const FORM_DATA = /^form-data\s*;/i
const PARAMETER = /;\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\[^])*)"|([^\s;"]*))/g
const EXTENDED = /^utf-8'[^']*'(.*)$/i

/** What stands between parts. Throws unless the type of a request says that it is a form. */
export function readBoundary(contentType: string | undefined): string {
  if (contentType === undefined || !FORM_TYPE.test(contentType)) {
    throw new OssError('RequestIsNotMultiPartContent')
  }
  const boundary = parametersOf(contentType).get('boundary') ?? ''
  if (boundary !== '' && boundary.length <= BOUNDARY_LENGTH_MAX) return boundary
  throw new OssError('MalformedPOSTRequest', {
    message: `Content-Type must have a boundary of 1 to ${BOUNDARY_LENGTH_MAX} characters.`,
  })
}

/** Reads the head of a part; undefined when it names no field. */
export function readFormPart(headers: PartHeaders): FormPart | undefined {
  const disposition = headers['content-disposition']?.[0] ?? ''
  if (!FORM_DATA.test(disposition)) return undefined
  const parameters = parametersOf(disposition)
  const name = parameters.get('name')
  if (name === undefined) return undefined
  return {
    name: name.toLowerCase(),
    filename: filenameOf(parameters),
    contentType: headers['content-type']?.[0],
  }
}

/** Decodes UTF-8 that was kept one character per byte; what is none is replaced. */
export function decodeField(value: string): string {
  return Buffer.from(value, 'latin1').toString()
}

/** By lower-case name; the first one counts. */
function parametersOf(header: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, bare] of header.matchAll(PARAMETER)) {
    const lower = name.toLowerCase()
    // A backslash is part of a Windows path, but for one that keeps a quote from ending the text.
    const value = quoted === undefined ? (bare ?? '') : quoted.replaceAll('\\"', '"')
    if (!parameters.has(lower)) parameters.set(lower, value)
  }
  return parameters
}

function filenameOf(parameters: ReadonlyMap<string, string>): string {
  const extended = EXTENDED.exec(parameters.get('filename*') ?? '')?.[1]
  const decoded = extended === undefined ? undefined : decodePercent(extended)
  const path = decoded ?? decodeField(parameters.get('filename') ?? '')
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}
