/**
 * `NotificationConfiguration`: who is told of what happens in a bucket. Here that is nobody.
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import { readXml } from '../../xml-reader.ts'
import { xmlDocument } from '../../xml-writer.ts'

const ROOT = 'NotificationConfiguration'

/** Throws MalformedXML, NotImplemented for one that names somebody. */
export function readNotificationConfiguration(bytes: Uint8Array): void {
  const [first] = readXml(bytes, ROOT).children
  if (first === undefined) return
  throw new OssError('NotImplemented', {
    message: `The element ${first.name} asks for a function that is not implemented.`,
    details: [{ name: 'Element', value: first.name }],
  })
}

export function writeNotificationConfiguration(): string {
  return xmlDocument(ROOT, '')
}
