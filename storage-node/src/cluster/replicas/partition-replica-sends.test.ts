import type { PartitionId, Seq, StoreId } from '../../contract/identifiers.ts'
import { ballot, configuration, position } from '../../replication/replica-fixtures.ts'
import type { EntryRecord } from '../../wire/stored/journal-records.ts'
import { EntrySender } from './partition-replica-sends.ts'

const PARTITION = 1 as PartitionId
const MEMBER = 'b' as StoreId
const ONE = ballot(1, 1)

function entry(seq: number): EntryRecord {
  const opId = new Uint8Array(16)
  return { partition: PARTITION, seq: seq as Seq, ballot: ONE, opId, payload: new Uint8Array(1) }
}

/** A sender whose journal has all entries in files, and takes its time to read them. */
function openSender() {
  let read!: () => void
  const isRead = new Promise<void>((resolve) => (read = resolve))
  const sent: Seq[][] = []
  const office = { isLeft: false }
  const journal = {
    recentEntry: () => undefined,
    async *entries() {
      await isRead
      yield entry(2)
      yield entry(3)
    },
  }
  const sender = new EntrySender({
    partition: PARTITION,
    journal: journal as never,
    send: (_to, message) =>
      sent.push('entries' in message ? message.entries.map((e) => e.seq) : []),
    isTimely: () => !office.isLeft,
    onFailed: (cause) => {
      throw cause
    },
  })
  sender.send({
    to: MEMBER,
    message: {
      ...({ kind: 'prepare', ballot: ONE, entries: [], commit: 1 as Seq } as const),
      ...{ configuration: configuration(1, 'a' as StoreId), prev: position(1, ONE) },
    },
    ...{ from: 2 as Seq, upTo: 3 as Seq },
  })
  return { read, sent, office }
}

/** Lets everything run that waits for nothing. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('entries from files are sent when they have been read', async () => {
  const { read, sent } = openSender()
  await settle()
  expect(sent).toEqual([])
  read()
  await settle()
  expect(sent).toEqual([[2, 3]])
})

test('a primary that has left its office while they were read sends nothing under its ballot', async () => {
  const { read, sent, office } = openSender()
  office.isLeft = true
  read()
  await settle()
  expect(sent).toEqual([])
})
