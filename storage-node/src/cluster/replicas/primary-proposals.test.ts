import type { Seq } from '../../contract/identifiers.ts'
import type { VersionSeq } from '../../model/identifiers.ts'
import { PrimaryProposals } from './primary-proposals.ts'

/** Proposals into a log that takes whatever comes, while it is open. */
function openProposals() {
  const batches: number[] = []
  let last = 0
  let isPrimary = true
  const proposals = new PrimaryProposals((entries) => {
    if (!isPrimary) return undefined
    batches.push(entries.length)
    last += entries.length
    return (last - entries.length + 1) as Seq
  })
  const outcomes: (number | undefined)[] = []
  const add = (count: number) => {
    for (let left = count; left > 0; left--) {
      const entry = { opId: new Uint8Array(16), payload: new Uint8Array(10) }
      const effects = { versionSeq: 1n as VersionSeq, effects: [] }
      void proposals.add(entry, effects).then((seq) => outcomes.push(seq))
    }
  }
  return { proposals, batches, outcomes, add, leave: () => void (isPrimary = false) }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('what comes while a proposal is being synced is proposed at once when it is', async () => {
  const { proposals, batches, add } = openProposals()
  add(2)
  await turn()
  add(3)
  await turn()
  add(4)
  await turn()
  expect(batches).toEqual([2])

  proposals.synced(1 as Seq)
  await turn()
  expect(batches).toEqual([2])

  proposals.synced(2 as Seq)
  await turn()
  expect(batches).toEqual([2, 7])
})

test('a sync with nothing waiting lets the next proposal go in its own turn', async () => {
  const { proposals, batches, add } = openProposals()
  add(1)
  await turn()
  proposals.synced(1 as Seq)
  await turn()
  add(1)
  await turn()
  expect(batches).toEqual([1, 1])
})

test('while a handover drains nothing is proposed, synced or not', async () => {
  const { proposals, batches, add } = openProposals()
  add(1)
  await turn()
  proposals.admit(false)
  add(1)
  proposals.synced(1 as Seq)
  await turn()
  expect(batches).toEqual([1])

  proposals.admit(true)
  expect(batches).toEqual([1, 1])
})

test('what waited for a sync ends unknown with the office, and the next one waits for nothing', async () => {
  const { proposals, batches, outcomes, add } = openProposals()
  add(1)
  await turn()
  add(2)
  await turn()
  proposals.abandon()
  await turn()
  expect(outcomes).toEqual([undefined, undefined, undefined])

  add(1)
  await turn()
  expect(batches).toEqual([1, 1])
})

test('a log that takes nothing any more leaves nothing to wait for', async () => {
  const { proposals, outcomes, add, leave } = openProposals()
  leave()
  add(1)
  await turn()
  add(1)
  await turn()
  proposals.applied(9 as Seq)
  await turn()
  expect(outcomes).toEqual([undefined, undefined])
})
