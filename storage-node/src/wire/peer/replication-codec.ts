/**
 * How replicas' messages are written (replication.md 1.4).
 *
 * @module
 */

import type {
  LogEntry,
  LogSummary,
  ReplicationMessage,
  SealRefusal,
} from '../../replication/messages.ts'
import type { Codec } from './codec.ts'
import {
  bytes,
  enumOf,
  fixedBytes,
  list,
  optional,
  struct,
  taggedUnion,
  text,
  u48,
  variant,
  varint,
} from './codec.ts'
import { ballot, configuration, epoch, logPosition, remembered, seq } from './common-codecs.ts'

/** Entries of one message have 1 MiB together, or it is one of 4 MiB and its frame (1.5). */
const PAYLOAD_BYTES_MAX = 5 * 1024 ** 2
const ENTRY_COUNT_MAX = 65_536
/** Ballots that entries above one base can have: each has at least one. */
const BALLOT_COUNT_MAX = 65_536
const NAME_BYTES_MAX = 64

const entries: Codec<readonly LogEntry[]> = list(
  struct<LogEntry>({ seq, ballot, opId: fixedBytes(16), payload: bytes(PAYLOAD_BYTES_MAX) }),
  ENTRY_COUNT_MAX,
)

/** What a config store calls a state of a record. */
const VERSION_BYTES_MAX = 64

const log: Codec<LogSummary> = struct<LogSummary>({
  first: optional(seq),
  base: logPosition,
  end: logPosition,
  ballots: list(logPosition, BALLOT_COUNT_MAX),
})

const why: Codec<SealRefusal> = enumOf([
  'promisedMore',
  'grantLives',
  'silence',
  'noState',
  'notMember',
  'quarantined',
  'rival',
])

const reason = enumOf(['promisedMore', 'gap', 'noState', 'backlog'])

/** The same object goes along with every Prepare of a ballot. */
const knownConfiguration = remembered(configuration)

export const replicationMessage: Codec<ReplicationMessage> = taggedUnion('kind', {
  prepare: variant(1, {
    ballot,
    configuration: knownConfiguration,
    prev: logPosition,
    entries,
    commit: seq,
  }),
  prepareAck: variant(2, { ballot, seq }),
  nack: variant(3, { ballot, reason, promised: ballot, log: optional(log) }),
  seal: variant(4, { epoch }),
  resume: variant(5, { ballot, configuration: knownConfiguration }),
  sealAck: variant(6, { ballot, log, configuration: optional(knownConfiguration) }),
  sealRefused: variant(7, { ballot, why, promised: ballot, retryAfterMs: varint() }),
  logFetch: variant(8, { ballot, from: seq, upTo: seq }),
  logEntries: variant(9, { ballot, from: seq, entries }),
  sync: variant(10, { ballot, prev: logPosition, entries }),
  syncAck: variant(11, { ballot, seq }),
  release: variant(12, { ballot, to: text(NAME_BYTES_MAX), version: text(VERSION_BYTES_MAX) }),
  check: variant(13, { ballot, round: u48() }),
  checkAck: variant(14, { ballot, round: u48() }),
  snapshotWanted: variant(15, { ballot, log: optional(log) }),
  snapshotDone: variant(16, { ballot, seq }),
})
