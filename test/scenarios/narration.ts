/**
 * What a store does, in words; what every write repeats is left out.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import type { Effect } from '../../storage-node/src/testing.ts'

export type Message = Extract<Effect, { readonly kind: 'send' }>['message']
type Ballot = Extract<Effect, { readonly kind: 'activated' }>['ballot']

/** The line for an effect, or undefined when it tells nothing. */
export function narrateEffect(effect: Effect): string | undefined {
  switch (effect.kind) {
    case 'send':
      return narrateMessage(effect.to, effect.message)
    case 'sendEntries':
      return effect.message.kind === 'sync' ? `sends the merged log to ${effect.to}` : undefined
    case 'activated':
      return `active ${ballotText(effect.ballot)} with ${storesText(effect.members)}`
    case 'deactivated':
      return 'steps down'
    case 'swapConfiguration':
      return `proposes epoch ${effect.configuration.epoch} with ${storesText(effect.configuration.members)}`
    case 'offerSnapshot':
      return `offers ${effect.to} a snapshot`
    case 'answerSnapshotOffer':
      return effect.refusal === undefined
        ? 'takes the snapshot'
        : `refuses the snapshot: ${effect.refusal}`
    case 'readsChecked':
      return effect.mayRead ? 'is confirmed: may read' : 'is not confirmed: refuses to read'
    case 'admission':
      return effect.isOpen ? 'admits writes' : 'admits no more writes'
    case 'report':
      return `reports: ${effect.what}`
    case 'persist':
    case 'apply':
    case 'settled':
    case 'allowGrants':
    case 'revokeGrants':
    case 'holdLease':
    case 'dropLease':
    case 'getConfiguration':
    case 'wake':
      return undefined
    default:
      return unreachable(effect)
  }
}

function narrateMessage(to: string, message: Message): string | undefined {
  switch (message.kind) {
    case 'resume':
      return `asks ${to} to resume under ${ballotText(message.ballot)}`
    case 'sealAck':
      return `promises ${ballotText(message.ballot)} to ${to}`
    case 'sealRefused':
      return `refuses to promise ${ballotText(message.ballot)} to ${to}: ${message.why}`
    case 'nack':
      return `refuses entries of ${to}: ${message.reason}`
    case 'syncAck':
      return `has the merged log of ${to}`
    case 'logFetch':
      return `fetches entries from ${to}`
    case 'release':
      return `releases its office to ${message.to}`
    case 'snapshotWanted':
      return `wants a snapshot of ${to}`
    case 'snapshotDone':
      return 'has the snapshot'
    case 'prepare':
    case 'prepareAck':
    case 'seal':
    case 'logEntries':
    case 'sync':
    case 'check':
    case 'checkAck':
      return undefined
    default:
      return unreachable(message)
  }
}

function storesText(members: readonly { readonly store: string }[]): string {
  return members.map(({ store }) => store).join(',')
}

export function ballotText({ epoch, activation }: Ballot): string {
  return `(${epoch},${activation})`
}
