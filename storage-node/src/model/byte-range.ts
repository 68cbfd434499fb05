/**
 * Which bytes of an object a reader asks for (oss.md 5.9).
 *
 * @module
 */

/** A part of an object. `end` is exclusive. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/** What a Range header means for an object. */
export type RequestedRange =
  | { readonly kind: 'whole' }
  | ({ readonly kind: 'part' } & ByteRange)
  | { readonly kind: 'unsatisfiable' }

const WHOLE: RequestedRange = { kind: 'whole' }

/**
 * Reads a Range header. Of what is no single byte range, both modes answer the whole object. A range
 * that does not fit gets the whole object too, unless the client asked for `standard` behaviour: then
 * its end is cut to the size, and one that begins behind the end is unsatisfiable.
 */
export function requestedRange(
  header: string | undefined,
  sizeBytes: number,
  isStandard: boolean,
): RequestedRange {
  if (header === undefined) return WHOLE
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return WHOLE
  const range =
    first === '' ? suffixOf(Number(last), sizeBytes) : spanOf(Number(first), last, sizeBytes)
  // `bytes=5-2`: no range at all.
  if (first !== '' && last !== '' && Number(first) > Number(last)) return WHOLE
  const fits = range.start >= 0 && range.end <= sizeBytes && range.start < range.end
  if (fits) return { kind: 'part', ...range }
  if (!isStandard) return WHOLE
  const start = Math.max(range.start, 0)
  if (start >= sizeBytes) return { kind: 'unsatisfiable' }
  return { kind: 'part', start, end: Math.min(range.end, sizeBytes) }
}

/** Bytes that `x-oss-copy-source-range` names: everything unless it is a range that fits. */
export function copyRange(header: string | undefined, sizeBytes: number): ByteRange {
  const range = requestedRange(header, sizeBytes, false)
  return range.kind === 'part'
    ? { start: range.start, end: range.end }
    : { start: 0, end: sizeBytes }
}

/** Value of a Content-Range header. */
export function contentRange({ start, end }: ByteRange, sizeBytes: number): string {
  return `bytes ${start}-${end - 1}/${sizeBytes}`
}

function suffixOf(lengthBytes: number, sizeBytes: number): ByteRange {
  return { start: sizeBytes - lengthBytes, end: sizeBytes }
}

function spanOf(start: number, last: string, sizeBytes: number): ByteRange {
  return { start, end: last === '' ? Math.max(sizeBytes, start) : Number(last) + 1 }
}
