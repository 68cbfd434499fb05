/**
 * Who owns something, as every document says it: the account's uid, twice.
 *
 * @module
 */

import type { AccountUid } from '../../../model/identifiers.ts'
import { xmlElement, xmlGroup } from '../../xml-writer.ts'

export function writeOwner(owner: AccountUid): string {
  return xmlGroup('Owner', xmlElement('ID', owner) + xmlElement('DisplayName', owner))
}
