/**
 * `AccessControlPolicy`: who has which right, as far as an ACL of this region can say it.
 *
 * @module
 */

import type { BucketAcl } from '../../../model/bucket.ts'
import { OssError } from '../../../model/errors.ts'
import type { AccountUid } from '../../../model/identifiers.ts'
import { writeOwner } from '../../oss/documents/owner.ts'
import type { XmlElement } from '../../xml-reader.ts'
import { childText, findChild, findChildText, malformedXml, readXml } from '../../xml-reader.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'

const EVERYBODY = 'http://acs.amazonaws.com/groups/global/AllUsers'
const SCHEMA = 'http://www.w3.org/2001/XMLSchema-instance'
const GRANT_COUNT_MAX = 100

export function writeS3Acl(owner: AccountUid, acl: BucketAcl): string {
  const id = xmlElement('ID', owner) + xmlElement('DisplayName', owner)
  const everybody = xmlElement('URI', EVERYBODY)
  let grants = writeGrant('CanonicalUser', id, 'FULL_CONTROL')
  if (acl !== 'private') grants += writeGrant('Group', everybody, 'READ')
  if (acl === 'public-read-write') grants += writeGrant('Group', everybody, 'WRITE')
  const list = xmlGroup('AccessControlList', grants)
  return xmlDocument('AccessControlPolicy', writeOwner(owner) + list)
}

/**
 * The ACL that says the same. Throws MalformedXML; NotImplemented for what none says: rights of
 * somebody else, or of everybody to change the ACL.
 */
export function readS3Acl(bytes: Uint8Array, owner: AccountUid): BucketAcl {
  const root = readXml(bytes, 'AccessControlPolicy')
  const list = findChild(root, 'AccessControlList')
  if (list === undefined) throw malformedXml('There must be an AccessControlList.')
  const grants = list.children.filter(({ name }) => name === 'Grant')
  if (grants.length > GRANT_COUNT_MAX) {
    throw malformedXml(`There must be at most ${GRANT_COUNT_MAX} grants.`)
  }
  const rights = new Set(grants.flatMap((grant) => rightsOfEverybody(grant, owner)))
  if (rights.has('WRITE')) {
    if (rights.has('READ')) return 'public-read-write'
    throw notImplemented('that everybody may write and not read')
  }
  return rights.has('READ') ? 'public-read' : 'private'
}

function writeGrant(type: string, grantee: string, permission: string): string {
  const element = `<Grantee xmlns:xsi="${SCHEMA}" xsi:type="${type}">${grantee}</Grantee>`
  return xmlGroup('Grant', element + xmlElement('Permission', permission))
}

/** What a grant gives to everybody; nothing where it gives the owner what the owner has anyway. */
function rightsOfEverybody(grant: XmlElement, owner: AccountUid): string[] {
  const grantee = findChild(grant, 'Grantee')
  if (grantee === undefined) throw malformedXml('A Grant must have a Grantee.')
  const permission = childText(grant, 'Permission').trim()
  const uri = findChildText(grantee, 'URI')?.trim()
  if (uri === undefined) {
    if (findChildText(grantee, 'ID')?.trim() === owner) return []
    throw notImplemented('a right of one account or user')
  }
  if (uri !== EVERYBODY) throw notImplemented('a right of a group other than AllUsers')
  if (permission === 'READ' || permission === 'WRITE') return [permission]
  throw notImplemented(`${permission} of everybody`)
}

function notImplemented(what: string): OssError {
  return new OssError('NotImplemented', {
    message: `An ACL cannot say this here: ${what}.`,
    details: [{ name: 'Element', value: 'Grant' }],
  })
}
