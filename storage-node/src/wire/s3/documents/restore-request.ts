/**
 * `RestoreRequest`: for how long an object is to be restored, and how soon.
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import type { RestoreDocument } from '../../oss/documents/restore-request.ts'
import { readRestoreRequest } from '../../oss/documents/restore-request.ts'
import { readXml } from '../../xml-reader.ts'

/** These ask for a query over the object in place of the object itself. */
const QUERIES = ['Type', 'SelectParameters', 'OutputLocation']

/** Throws MalformedXML, InvalidArgument; NotImplemented for a query. */
export function readS3RestoreRequest(bytes: Uint8Array): RestoreDocument {
  if (bytes.byteLength > 0) {
    const { children } = readXml(bytes, 'RestoreRequest')
    const query = children.find(({ name }) => QUERIES.includes(name))
    if (query !== undefined) {
      throw new OssError('NotImplemented', {
        message: `The element ${query.name} asks for a function that is not implemented.`,
        details: [{ name: 'Element', value: query.name }],
      })
    }
  }
  return readRestoreRequest(bytes)
}
