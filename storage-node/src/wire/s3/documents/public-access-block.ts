/**
 * `PublicAccessBlockConfiguration`: four switches at S3, one here.
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import { findChildText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement } from '../../xml-writer.ts'

const ROOT = 'PublicAccessBlockConfiguration'
const SWITCHES = [
  'BlockPublicAcls',
  'IgnorePublicAcls',
  'BlockPublicPolicy',
  'RestrictPublicBuckets',
]

/** Throws MalformedXML; NotImplemented where some are on and others off, which is not to be had. */
export function readS3PublicAccessBlock(bytes: Uint8Array): boolean {
  const root = readXml(bytes, ROOT)
  const values = SWITCHES.map((name) => flag(name, findChildText(root, name)))
  if (values.every((value) => value === values[0])) return values[0] === true
  throw new OssError('NotImplemented', {
    message: `${SWITCHES.join(', ')} must be all true or all false here.`,
  })
}

export function writeS3PublicAccessBlock(isBlocked: boolean): string {
  return xmlDocument(ROOT, SWITCHES.map((name) => xmlElement(name, isBlocked)).join(''))
}

function flag(name: string, text = 'false'): boolean {
  const word = text.trim().toLowerCase()
  if (word === 'true' || word === 'false') return word === 'true'
  throw malformedXml(`The element ${name} must be true or false.`)
}
