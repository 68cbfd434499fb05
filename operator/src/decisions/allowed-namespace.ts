/**
 * Who may have Buckets and AccessKeys in a Region.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import type { Region } from '../resources/region.ts'
import type { Refusal } from './refusal.ts'

/** Says why a namespace may not use a Region, or nothing. */
export function mayNotUse(
  region: Region,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Refusal | undefined {
  if (isAllowed(region, namespace, labels)) return undefined
  const { name, namespace: home } = region.metadata
  const message =
    `Region ${home}/${name} does not allow the namespace ${namespace}: ` +
    'its spec.allowedNamespaces says which, and who looks after it can add this one'
  return { reason: 'NamespaceNotAllowed', message }
}

function isAllowed(
  { metadata, spec }: Region,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): boolean {
  const { from, selector } = spec.allowedNamespaces
  switch (from) {
    case 'All':
      return true
    case 'Same':
      return namespace === metadata.namespace
    case 'Selector': {
      const wanted = Object.entries(selector?.matchLabels ?? {})
      // A selector that selects nothing in particular was not meant to select everybody.
      return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value)
    }
    default:
      return unreachable(from)
  }
}

/** Says why an AccessKey may not be of an account, or nothing. */
export function mayNotHaveAccount(
  region: Region,
  namespace: string,
  account: string,
): Refusal | undefined {
  if (account === namespace || namespace === region.metadata.namespace) return undefined
  const message =
    `The namespace ${namespace} has the account ${namespace} only: leave spec.account out, ` +
    `or make the AccessKey in ${region.metadata.namespace}, the namespace of the Region`
  return { reason: 'AccountNotAllowed', message }
}
