/**
 * Judges a history: every key must be linearizable, and lists ordered, complete and without duplicates.
 *
 * A list is judged key by key: what it says about a key must have been so at an instant inside the call (1.12); a page
 * is no snapshot over keys, and none is promised.
 *
 * @module
 */

import type { ClientCall, ClientOperation, ListedKey, Outcome, Seen } from './history.ts'
import { isRead, keySpecification } from './key-specification.ts'
import type { KeyCall, KeyState } from './key-specification.ts'
import { checkLinearizability } from './linearizability.ts'
import type { Timed, Verdict } from './linearizability.ts'

export interface HistoryViolation {
  readonly kind:
    'not linearizable' | 'undecided' | 'list out of order' | 'foreign bytes' | 'foreign key'
  readonly bucket: string
  readonly key: string | undefined
  /** What is wrong, and the calls around it, one a line. */
  readonly excerpt: string
}

export interface HistoryOptions {
  /** Buckets that are there from the beginning; default: none. */
  readonly bucketsAtStart?: readonly string[]
}

/** Everything that no order of the calls explains. */
export function checkHistory(
  calls: readonly ClientCall[],
  options: HistoryOptions = {},
): HistoryViolation[] {
  const byBucket = groupBy(calls, ({ operation }) => operation.bucket)
  return [...byBucket].flatMap(([bucket, own]) => {
    const hasBucket = options.bucketsAtStart?.includes(bucket) === true
    return [
      ...foreignBytes(bucket, own),
      ...brokenLists(bucket, own),
      ...brokenKeys(own, hasBucket),
    ]
  })
}

function groupBy<Key, Value>(
  values: readonly Value[],
  keyOfValue: (value: Value) => Key,
): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>()
  for (const value of values) {
    const key = keyOfValue(value)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [value])
    else group.push(value)
  }
  return groups
}

function foreignBytes(bucket: string, calls: readonly ClientCall[]): HistoryViolation[] {
  return calls.filter(hasForeignBytes).map((call) => {
    const excerpt = `Nobody wrote these bytes (B6)\n${describeCall(call)}`
    return { kind: 'foreign bytes', bucket, key: keyOf(call.operation), excerpt }
  })
}

function hasForeignBytes({ outcome }: ClientCall): boolean {
  if (outcome?.kind !== 'done' || outcome.value.kind !== 'content') return false
  return outcome.value.content === undefined
}

function brokenLists(bucket: string, calls: readonly ClientCall[]): HistoryViolation[] {
  const written = new Set(calls.map(({ operation }) => keyOf(operation)))
  return calls.flatMap((call) => {
    const keys = listedIn(call)
    const excerpt = describeCall(call)
    const unordered = keys.findIndex(({ key }, index) => {
      const before = keys[index - 1]
      return before !== undefined && !isBefore(before.key, key)
    })
    const foreign = keys.filter(({ key }) => !written.has(key))
    return [
      ...(unordered === -1
        ? []
        : [{ kind: 'list out of order', bucket, key: keys[unordered]?.key, excerpt } as const]),
      ...foreign.map(({ key }) => ({ kind: 'foreign key', bucket, key, excerpt }) as const),
    ]
  })
}

/** Keys stand in the order of their UTF-8 bytes. */
function isBefore(a: string, b: string): boolean {
  return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
}

function listedIn({ outcome }: ClientCall): readonly ListedKey[] {
  return outcome?.kind === 'done' && outcome.value.kind === 'keys' ? outcome.value.keys : []
}

function keyOf(operation: ClientOperation): string | undefined {
  return 'key' in operation ? operation.key : undefined
}

/** Checks each key with its own calls and those of the whole bucket, and the bucket alone. */
function brokenKeys(calls: readonly ClientCall[], hasBucket: boolean): HistoryViolation[] {
  const byKey = groupBy(calls, ({ operation }) => keyOf(operation))
  const whole = byKey.get(undefined) ?? []
  const deletions = whole.filter(({ operation }) => operation.kind === 'deleteBucket')
  const lists = new Map(whole.map((call) => [call, keysListed(call)]))
  return [...new Set([undefined, ...byKey.keys()])].flatMap((key) => {
    const own = key === undefined ? [] : (byKey.get(key) ?? [])
    const twice = uploadsCalledTwice(own)
    const timed = [
      ...own.map((call) => timeCall(call, uploadFacts(call, twice, deletions))),
      ...whole.map((call) => timeCall(call, listFacts(lists.get(call), key))),
    ]
    return brokenKey(key, timed, hasBucket)
  })
}

type Facts = Pick<KeyCall, 'listed' | 'mayUploadBeGone' | 'isCompletedTwice'>

function keysListed(call: ClientCall): Map<string, ListedKey> | undefined {
  const isList = call.outcome?.kind === 'done' && call.outcome.value.kind === 'keys'
  return isList ? new Map(listedIn(call).map((listed) => [listed.key, listed])) : undefined
}

function listFacts(listed: Map<string, ListedKey> | undefined, key: string | undefined): Facts {
  if (listed === undefined || key === undefined) return {}
  return { listed: listed.get(key) ?? 'absent' }
}

function uploadsCalledTwice(calls: readonly ClientCall[]): ReadonlySet<string> {
  const counts = new Map<string, number>()
  for (const { operation } of calls) {
    if (operation.kind === 'complete')
      counts.set(operation.uploadId, (counts.get(operation.uploadId) ?? 0) + 1)
  }
  return new Set([...counts].flatMap(([uploadId, count]) => (count > 1 ? [uploadId] : [])))
}

function uploadFacts(
  { operation, returnedAt = Infinity }: ClientCall,
  twice: ReadonlySet<string>,
  deletions: readonly ClientCall[],
): Facts {
  if (operation.kind !== 'complete') return {}
  return {
    isCompletedTwice: twice.has(operation.uploadId),
    // With a bucket go its uploads; one that comes back under the name does not have them.
    mayUploadBeGone: deletions.some(({ invokedAt }) => invokedAt < returnedAt),
  }
}

function timeCall(
  call: ClientCall,
  facts: Facts,
): Timed<KeyCall> & { readonly source: ClientCall } {
  // Bytes of nobody are reported once; the rest of the key is judged without them.
  const answer = hasForeignBytes(call) ? undefined : call.outcome
  const outcome: Outcome<Seen> = answer ?? { kind: 'unknown', why: 'No answer' }
  const keyCall = { operation: call.operation, outcome, ...facts }
  const returnedAt = outcome.kind === 'unknown' ? undefined : call.returnedAt
  const { invokedAt } = call
  return { call: keyCall, invokedAt, returnedAt, isRead: isRead(keyCall), source: call }
}

function brokenKey(
  key: string | undefined,
  timed: readonly ReturnType<typeof timeCall>[],
  hasBucket: boolean,
): HistoryViolation[] {
  const verdict = checkLinearizability(keySpecification(hasBucket), timed)
  if (verdict.kind === 'linearizable') return []
  const bucket = timed[0]?.source.operation.bucket ?? ''
  const kind = verdict.kind === 'violated' ? 'not linearizable' : 'undecided'
  return [{ kind, bucket, key, excerpt: excerptOf(verdict, timed) }]
}

/** Calls that returned before the culprit and are shown. */
const SHOWN_BEFORE_COUNT = 12

function excerptOf(
  verdict: Exclude<Verdict<KeyState, KeyCall>, { readonly kind: 'linearizable' }>,
  timed: readonly ReturnType<typeof timeCall>[],
): string {
  if (verdict.kind === 'undecided') return `Too many orders of ${timed.length} calls to decide`
  const { culprit, states } = verdict
  const around = timed
    .filter(({ invokedAt }) => invokedAt <= (culprit.returnedAt ?? Infinity))
    .filter(({ call }) => !isRead(call) || call === culprit.call)
    .sort((a, b) => a.invokedAt - b.invokedAt)
  const open = around.filter(({ returnedAt }) => (returnedAt ?? Infinity) >= culprit.invokedAt)
  const before = around.filter((call) => !open.includes(call)).slice(-SHOWN_BEFORE_COUNT)
  const lines = [...before, ...open].map(
    ({ call, source }) => `${call === culprit.call ? '=>' : '  '} ${describeCall(source)}`,
  )
  const left = states.map(describeState).join(' or ')
  return [`No order explains the call marked =>; before it: ${left}`, ...lines].join('\n')
}

function describeState({ hasBucket, object }: KeyState): string {
  if (!hasBucket) return 'no bucket'
  return object === undefined ? 'no object' : `content ${object.content} of ${object.sizeBytes} B`
}

/** One line: when, who, what, and the answer. */
function describeCall({ client, operation, invokedMs, returnedMs, outcome }: ClientCall): string {
  const { kind, ...details } = operation
  const words = Object.entries(details).map(([name, value]) => `${name}=${value}`)
  const answer = outcome === undefined ? 'no answer' : describeOutcome(outcome)
  return `${invokedMs}-${returnedMs ?? ''} ms client ${client}: ${kind} ${words.join(' ')} -> ${answer}`
}

function describeOutcome(outcome: Outcome<Seen>): string {
  if (outcome.kind === 'refused') return `refused: ${outcome.code}`
  if (outcome.kind === 'unknown') return `unknown: ${outcome.why}`
  const { kind, ...seen } = outcome.value
  if (kind === 'nothing') return 'done'
  return 'keys' in seen
    ? `listed ${seen.keys.map(({ key }) => key).join(' ')}`
    : Object.entries(seen)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')
}
