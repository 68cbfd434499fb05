/**
 * What a run of the model varies: the region's shape, how far it may go, the planted bug.
 *
 * @module
 */

import type { Bug } from './bugs.ts'

export interface ModelSettings {
  readonly replicaCount: number
  /** The zone of each replica. */
  readonly zones: readonly number[]
  /** The first members, as a mask. */
  readonly founders: number
  readonly quorum: 'majority' | 'all'
  readonly reads: 'lease' | 'strict'
  /** T2: a candidate promises once that completes a seal set; `first` is the older, safe rule. */
  readonly candidatePromises: 'first' | 'last'
  /** Whether applying is a step of its own or comes with the commit: fewer steps reach further. */
  readonly applies: 'later' | 'at once'
  readonly bug: Bug | 'none'
  readonly epochMax: number
  /** Activations of one primary within an epoch. */
  readonly activationMax: number
  readonly writeMax: number
  readonly crashMax: number
  /** Of memberships. */
  readonly changeMax: number
}

const THREE = 0b111

/** Three founders in three zones and bounds that a walk of eighty steps can reach. */
export function modelSettings(given: Partial<ModelSettings> = {}): ModelSettings {
  const replicaCount = given.replicaCount ?? 3
  return {
    replicaCount,
    zones: Array.from({ length: replicaCount }, (_, replica) => replica),
    founders: THREE,
    quorum: 'majority',
    reads: 'lease',
    candidatePromises: 'last',
    applies: 'later',
    bug: 'none',
    epochMax: 6,
    activationMax: 2,
    writeMax: 3,
    crashMax: 3,
    changeMax: replicaCount > 3 ? 2 : 1,
    ...given,
  }
}
