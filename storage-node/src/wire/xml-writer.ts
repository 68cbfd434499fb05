/**
 * Writes XML documents as text.
 *
 * Plain string concatenation: a page of 1,000 keys is written in a millisecond, several times faster
 * than through a tree. Element names are trusted, texts are not.
 *
 * @module
 */

export const XML_PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'

/** What must not stand in a text as it is: markup and control characters. Quotes may. */
const SPECIAL = /[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/
const SPECIAL_ALL = new RegExp(SPECIAL, 'g')

const NAMED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
}

/** A whole document: the prolog and `content` within `root`. */
export function xmlDocument(root: string, content: string): string {
  return `${XML_PROLOG}<${root}>${content}</${root}>`
}

/** An element that holds a text. */
export function xmlElement(name: string, text: string | number | bigint | boolean): string {
  return `<${name}>${typeof text === 'string' ? escapeXml(text) : text}</${name}>`
}

/** An element that holds a text; nothing when there is none. */
export function xmlOptional(
  name: string,
  text: string | number | bigint | boolean | undefined,
): string {
  return text === undefined ? '' : xmlElement(name, text)
}

/** An element that holds elements, which are written already. */
export function xmlGroup(name: string, content: string): string {
  return `<${name}>${content}</${name}>`
}

/**
 * Escapes a text. Control characters become numeric references: XML 1.0 has no place for most of
 * them, but clients that list without `encoding-type=url` understand those at best (oss.md 5.6).
 */
export function escapeXml(text: string): string {
  if (!SPECIAL.test(text)) return text
  return text.replace(
    SPECIAL_ALL,
    (character) => NAMED[character] ?? `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`,
  )
}
