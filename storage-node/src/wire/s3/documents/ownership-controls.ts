/**
 * `OwnershipControls`: who owns the objects of a bucket. Here that is always its owner, and ACLs count.
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import { childText, findChild, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'

const OWNERSHIP = 'BucketOwnerPreferred'

/** Throws MalformedXML, NotImplemented for every other ownership. */
export function readOwnershipControls(bytes: Uint8Array): void {
  const rule = findChild(readXml(bytes, 'OwnershipControls'), 'Rule')
  if (rule === undefined) throw malformedXml('There must be a Rule.')
  const ownership = childText(rule, 'ObjectOwnership').trim()
  if (ownership === OWNERSHIP) return
  throw new OssError('NotImplemented', {
    message: `ObjectOwnership can only be ${OWNERSHIP} here, is "${ownership}".`,
    details: [{ name: 'Element', value: 'ObjectOwnership' }],
  })
}

export function writeOwnershipControls(): string {
  return xmlDocument(
    'OwnershipControls',
    xmlGroup('Rule', xmlElement('ObjectOwnership', OWNERSHIP)),
  )
}
