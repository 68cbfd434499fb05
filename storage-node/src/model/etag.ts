/**
 * ETags (oss.md 5.3).
 *
 * @module
 */

/** As clients see it: in double quotes. */
export function quoteEtag(etag: string): string {
  return `"${etag}"`
}

/** As records hold it: upper-case, without quotes, whatever a client wrote. */
export function parseEtag(text: string): string {
  const trimmed = text.trim()
  const bare = trimmed.startsWith('"') && trimmed.endsWith('"') ? trimmed.slice(1, -1) : trimmed
  return bare.toUpperCase()
}

/** ETag of an object that is the MD5 of its content; `md5` is hex. */
export function etagOfMd5(md5: string): string {
  return md5.toUpperCase()
}
