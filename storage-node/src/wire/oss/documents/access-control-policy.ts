/**
 * `AccessControlPolicy`: the answer to GetBucketAcl (oss.md 1.2).
 *
 * @module
 */

import type { BucketAcl } from '../../../model/bucket.ts'
import type { AccountUid } from '../../../model/identifiers.ts'
import type { ObjectAcl } from '../../../model/object.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import { writeOwner } from './owner.ts'

export function writeAccessControlPolicy(owner: AccountUid, acl: BucketAcl | ObjectAcl): string {
  return xmlDocument('AccessControlPolicy', writeOwner(owner) + writeGrant(acl))
}

export function writeGrant(acl: BucketAcl | ObjectAcl): string {
  return xmlGroup('AccessControlList', xmlElement('Grant', acl))
}
