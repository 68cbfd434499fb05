/**
 * `CORSConfiguration`: what pages of other origins may do with a bucket (oss.md 1.3, 4).
 *
 * @module
 */

import { CORS_METHODS } from '../../../model/cors.ts'
import type { CorsConfiguration, CorsMethod, CorsRule } from '../../../model/cors.ts'
import { invalidArgument, OssError } from '../../../model/errors.ts'
import { CORS_RULE_COUNT_MAX } from '../../../model/limits.ts'
import type { XmlElement } from '../../xml-reader.ts'
import { findChildText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement, xmlGroup, xmlOptional } from '../../xml-writer.ts'

/** Printable, and no blank in it. */
const ORIGIN = /^[\x21-\x7e]+$/
/** As a header may be called; a pattern may hold one `*`, which is a sign that names may have. */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const MAX_AGE = /^\d{1,9}$/

/** Throws MalformedXML for the form, CORSRuleBeyondLimit, InvalidArgument for what a rule says. */
export function readCorsConfiguration(bytes: Uint8Array): CorsConfiguration {
  const root = readXml(bytes, 'CORSConfiguration')
  const rules = root.children.filter(({ name }) => name === 'CORSRule')
  if (rules.length === 0) throw malformedXml('There must be a CORSRule.')
  if (rules.length > CORS_RULE_COUNT_MAX) throw new OssError('CORSRuleBeyondLimit')
  return { rules: rules.map(readRule), responseVary: readVary(findChildText(root, 'ResponseVary')) }
}

export function writeCorsConfiguration({ rules, responseVary }: CorsConfiguration): string {
  const content = rules.map(writeRule).join('') + xmlElement('ResponseVary', responseVary)
  return xmlDocument('CORSConfiguration', content)
}

function readRule(rule: XmlElement): CorsRule {
  const allowedOrigins = textsOf(rule, 'AllowedOrigin', mayBeOrigin)
  const allowedMethods = textsOf(rule, 'AllowedMethod', isMethod)
  if (allowedOrigins.length === 0) throw malformedXml('A CORSRule must have an AllowedOrigin.')
  if (allowedMethods.length === 0) throw malformedXml('A CORSRule must have an AllowedMethod.')
  return {
    allowedOrigins,
    allowedMethods: [...new Set(allowedMethods as CorsMethod[])],
    allowedHeaders: textsOf(rule, 'AllowedHeader', mayBeHeaderPattern),
    exposeHeaders: textsOf(rule, 'ExposeHeader', mayBeExposed),
    maxAgeSeconds: readMaxAge(rule),
  }
}

function writeRule(rule: CorsRule): string {
  const many = (name: string, texts: readonly string[]) =>
    texts.map((text) => xmlElement(name, text)).join('')
  return xmlGroup(
    'CORSRule',
    many('AllowedOrigin', rule.allowedOrigins) +
      many('AllowedMethod', rule.allowedMethods) +
      many('AllowedHeader', rule.allowedHeaders) +
      many('ExposeHeader', rule.exposeHeaders) +
      xmlOptional('MaxAgeSeconds', rule.maxAgeSeconds),
  )
}

/** Texts of the children of that name, without blanks around them. */
function textsOf(rule: XmlElement, name: string, mayBe: (text: string) => boolean): string[] {
  const texts: string[] = []
  for (const child of rule.children) {
    if (child.name !== name) continue
    const text = child.text.trim()
    if (!mayBe(text)) throw invalidArgument(name, text, `The value of ${name} is invalid.`)
    texts.push(text)
  }
  return texts
}

const mayBeOrigin = (text: string) => ORIGIN.test(text) && hasOneStarAtMost(text)
const isMethod = (text: string) => CORS_METHODS.some((method) => method === text)
const mayBeHeaderPattern = (text: string) => HEADER_NAME.test(text) && hasOneStarAtMost(text)
const mayBeExposed = (text: string) => HEADER_NAME.test(text) && !text.includes('*')

function hasOneStarAtMost(text: string): boolean {
  return text.indexOf('*') === text.lastIndexOf('*')
}

function readMaxAge(rule: XmlElement): number | undefined {
  const [text, ...more] = textsOf(rule, 'MaxAgeSeconds', (age) => MAX_AGE.test(age))
  if (more.length > 0) throw malformedXml('A CORSRule may have one MaxAgeSeconds.')
  return text === undefined ? undefined : Number(text)
}

function readVary(text: string | undefined): boolean {
  const word = text?.trim().toLowerCase() ?? ''
  if (word !== '' && word !== 'true' && word !== 'false') {
    throw invalidArgument('ResponseVary', word, 'ResponseVary must be true or false.')
  }
  return word === 'true'
}
