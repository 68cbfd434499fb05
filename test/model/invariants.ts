/**
 * What must hold in every state, by the names of replication.md 1.11.
 *
 * @module
 */

import { min } from './arithmetic.ts'
import { mayRead } from './primary.ts'
import { has, only } from './world.ts'
import type { Replica, World } from './world.ts'

type Invariant = (world: World) => string | undefined

/** The first invariant that a state breaks, in words, or undefined. */
export function violationOf(world: World): string | undefined {
  for (const invariant of invariants) {
    const violation = invariant(world)
    if (violation !== undefined) return violation
  }
  return undefined
}

/** I8: the same (ballot, seq) in two logs means the same entries up to there. */
function logsMatch({ replicas }: World): string | undefined {
  for (const [first, a] of replicas.entries()) {
    for (const [second, b] of replicas.entries()) {
      if (second <= first) continue
      const common = a.log.commonLength(b.log)
      for (let at = min(a.log.length, b.log.length); at > common; at--) {
        if (a.log.take(at).ballot === b.log.take(at).ballot)
          return `I8: logs of ${first} and ${second} differ below the same (ballot, ${at})`
      }
    }
  }
  return undefined
}

/** I11: every acknowledged write is durable on a write quorum of the stored configuration. */
function acknowledgedSurvive({
  replicas,
  acked,
  configuration,
  quorums,
}: World): string | undefined {
  for (let write = 1; acked >> write > 0; write++) {
    if (!has(acked, write)) continue
    let holders = 0
    replicas.forEach((replica, number) => {
      if (has(durableWrites(replica), write)) holders |= only(number)
    })
    if (!quorums.isWriteQuorum(holders, configuration.members))
      return `I11: acknowledged write ${write} is on no write quorum of the members`
  }
  return undefined
}

function durableWrites({ log, synced }: Replica): number {
  return log.take(synced).writes
}

/** I13: what is applied is the beginning of the own log, also after a crash. */
function appliedIsLogged({ replicas }: World): string | undefined {
  const number = replicas.findIndex(({ rows, log }) => !log.startsWith(rows))
  return number === -1 ? undefined : `I13: replica ${number} has applied what its log has not`
}

/** I13: committed prefixes agree. */
function commitsAgree({ replicas }: World): string | undefined {
  for (const [first, a] of replicas.entries()) {
    for (const [second, b] of replicas.entries()) {
      if (second <= first) continue
      const common = min(a.commit, b.commit)
      if (a.log.take(common) !== b.log.take(common))
        return `I13: replicas ${first} and ${second} have committed different entries`
    }
  }
  return undefined
}

/** I18: of what two replicas have applied one is the beginning of the other. */
function rowsAgree({ replicas }: World): string | undefined {
  for (const [first, a] of replicas.entries()) {
    for (const [second, b] of replicas.entries()) {
      if (second <= first) continue
      const common = min(a.rows.length, b.rows.length)
      if (a.rows.take(common) !== b.rows.take(common))
        return `I18: replicas ${first} and ${second} have applied different entries`
    }
  }
  return undefined
}

/** I14 and I17: one replica at most passes the read check, and it has applied every acknowledged write. */
function readsAreFresh(world: World): string | undefined {
  let reader: number | undefined
  for (const [number, { rows, isPrimary }] of world.replicas.entries()) {
    if (!isPrimary || !mayRead(world, number)) continue
    if ((world.acked & ~rows.writes) !== 0)
      return `I17: replica ${number} may read and lacks an acknowledged write`
    if (reader !== undefined) return `I14: replicas ${reader} and ${number} may both read`
    reader = number
  }
  return undefined
}

function strictReadsAreFresh({ wrong }: World): string | undefined {
  return wrong
}

const invariants: readonly Invariant[] = [
  appliedIsLogged,
  rowsAgree,
  readsAreFresh,
  strictReadsAreFresh,
  commitsAgree,
  acknowledgedSurvive,
  logsMatch,
]
