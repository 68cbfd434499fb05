/**
 * Reads XML documents of clients into a small tree.
 *
 * Strict where a document could hurt: no DOCTYPE, no entities but the five, bounded in depth and in
 * elements. Lenient where clients differ: namespaces, attributes and comments are ignored, and control
 * characters are read, which no version of XML lets stand as they are: keys have them.
 *
 * @module
 */

import { isUtf8 } from 'node:buffer'
import { SaxesParser } from 'saxes'
import { OssError } from '../model/errors.ts'

/** An element by its local name. */
export interface XmlElement {
  readonly name: string
  /** Text and CDATA directly in it, as it stands: a key may begin with blanks. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

const DEPTH_MAX = 32
/** The longest list of parts has 30,001 elements. */
const ELEMENT_COUNT_MAX = 100_000

/** Numeric references to control characters: XML 1.1 knows them, and keys may contain them. */
const CONTROL_REFERENCE = /&#(0*([1-9]|[12]\d|3[01])|x0*1?[0-9a-f]);/i
/** The same as they are, which clients send that write XML without looking at what they write. */
const CONTROL = /[\x01-\x08\x0b\x0c\x0e-\x1f]/
/** What XML 1.1 takes as a reference only, or would turn into a line feed; and where there are none. */
const SPECIAL_IN_1_1 = /[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028]/g
const CDATA_OR_SPECIAL = new RegExp(`<!\\[CDATA\\[[^]*?]]>|${SPECIAL_IN_1_1.source}`, 'g')

/** Reads a whole document whose root is `rootName`. Throws MalformedXML. */
export function readXml(bytes: Uint8Array, rootName: string): XmlElement {
  if (!isUtf8(bytes)) throw malformedXml('The document must be UTF-8.')
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
  const root = parse(text.startsWith('\ufeff') ? text.slice(1) : text)
  if (root?.name === rootName) return root
  throw malformedXml(`The root element must be ${rootName}.`)
}

/** First child of that name. */
export function findChild(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name)
}

/** Text of the first child of that name. */
export function findChildText(element: XmlElement, name: string): string | undefined {
  return findChild(element, name)?.text
}

/** Text of a child that has to be there. Throws MalformedXML. */
export function childText(element: XmlElement, name: string): string {
  const text = findChildText(element, name)
  if (text !== undefined) return text
  throw malformedXml(`The element ${element.name} must have a ${name}.`)
}

/** A document that cannot be taken for what it should be. */
export function malformedXml(detail: string): OssError {
  return new OssError('MalformedXML', { details: [{ name: 'ErrorDetail', value: detail }] })
}

interface OpenElement extends XmlElement {
  text: string
  readonly children: OpenElement[]
}

function parse(text: string): XmlElement | undefined {
  const isVersion11 = CONTROL_REFERENCE.test(text) || CONTROL.test(text)
  const parser = new SaxesParser({
    position: false,
    forceXMLVersion: true,
    defaultXMLVersion: isVersion11 ? '1.1' : '1.0',
  })
  const path: OpenElement[] = []
  let root: OpenElement | undefined
  let elementCount = 0
  const addText = (piece: string) => {
    const element = path.at(-1)
    if (element !== undefined) element.text += piece
  }
  parser.on('error', (error) => {
    throw malformedXml(error.message)
  })
  parser.on('doctype', () => {
    throw malformedXml('A document must have no DOCTYPE.')
  })
  parser.on('opentag', ({ name }) => {
    elementCount += 1
    if (path.length >= DEPTH_MAX) throw malformedXml(`Elements may be ${DEPTH_MAX} deep at most.`)
    if (elementCount > ELEMENT_COUNT_MAX) throw malformedXml('The document has too many elements.')
    const element: OpenElement = { name: localName(name), text: '', children: [] }
    path.at(-1)?.children.push(element)
    root ??= element
    path.push(element)
  })
  parser.on('closetag', () => path.pop())
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.write(isVersion11 ? escapeSpecial(text) : text).close()
  return root
}

/** Between two sections of CDATA a reference is one, within them it is not. */
function escapeSpecial(text: string): string {
  const reference = (character: string) => `&#${character.charCodeAt(0)};`
  return text.replace(CDATA_OR_SPECIAL, (piece) =>
    piece.length === 1
      ? reference(piece)
      : piece.replace(SPECIAL_IN_1_1, (character) => `]]>${reference(character)}<![CDATA[`),
  )
}

function localName(name: string): string {
  const colon = name.indexOf(':')
  return colon < 0 ? name : name.slice(colon + 1)
}
