/**
 * What a store and the others know of each other's earlier lives, and what follows from it (replication.md D3, D6).
 *
 * @module
 */

import type { Clock } from '../../base/clock.ts'
import type { Fatal } from '../../base/crash.ts'
import type { Incarnation } from '../../contract/identifiers.ts'
import { findOutdated, findRefused, type AgeFinding } from '../../storage/store-age.ts'
import { StoreDamagedError } from '../../storage/store-open-error.ts'
import type { Store } from '../../storage/store.ts'
import type { Lives } from './peer-admission.ts'

const CONDEMN_MS_MAX = 1000

export interface StoreLivesParts {
  /** Of the store, for the operator's eyes. */
  readonly directory: string
  readonly clock: Clock
  readonly fatal: Fatal
}

/** A store that others know better than itself ends its process before it has promised anything. */
export function storeLives(store: Store, { directory, clock, fatal }: StoreLivesParts): Lives {
  let isEnding = false
  return {
    known(id) {
      const { incarnationMax = 0, syncedGroup = 0 } = store.journal.earlierPeer(id) ?? {}
      return { incarnation: incarnationMax as Incarnation, group: syncedGroup }
    },
    heard(id) {
      const { incarnationMax = 0, syncedGroup = 0 } = store.journal.peer(id) ?? {}
      return { incarnation: incarnationMax as Incarnation, group: syncedGroup }
    },
    condemn: (known) => endWith(findOutdated(known, store.life)),
    hearRefusal: (known) => void endWith(findRefused(known, store.life)),
  }

  function endWith(finding: AgeFinding | undefined): string | undefined {
    if (finding === undefined) return undefined
    // Whoever else says so adds nothing: the mark is being written.
    if (isEnding) return finding.reason
    isEnding = true
    const end = () => fatal(new StoreDamagedError(directory, finding.reason))
    if (finding.isForEver) store.condemn(finding.reason).then(end, end)
    else end()
    // A disk that hangs must not hold up the end.
    clock.schedule(CONDEMN_MS_MAX, end)
    return finding.reason
  }
}
