import fc from 'fast-check'
import { context, object, place } from './decide-fixtures.ts'
import { decideAmendVersion } from './decide-version.ts'
import { OssError } from './errors.ts'
import type { VersionSeq } from './identifiers.ts'
import type { RestoreTimes, StorageClass } from './object.ts'
import type { RestoreRequest } from './restore.ts'
import { decideRestore, refuseCleaning, refuseFrozen, restoreState } from './restore.ts'

const NOW_MS = 10_000
const lengths = { delayMs: 100, dayMs: 1_000 }
const underWay: RestoreTimes = { readyMs: NOW_MS + 1, expiresMs: NOW_MS + 1_001 }
const done: RestoreTimes = { readyMs: NOW_MS, expiresMs: NOW_MS + 1_000 }
const over: RestoreTimes = { readyMs: NOW_MS - 1_000, expiresMs: NOW_MS }
const ask = (change: Partial<RestoreRequest> = {}): RestoreRequest => {
  return { days: undefined, priority: undefined, lengths, ...change }
}

test.each<[StorageClass, RestoreTimes | undefined, string, string, string]>([
  ['Standard', undefined, 'readable', 'ok', 'ok'],
  ['IA', undefined, 'readable', 'ok', 'ok'],
  ['Archive', undefined, 'frozen', 'InvalidObjectState', 'ok'],
  ['Archive', underWay, 'restoring', 'InvalidObjectState', 'ok'],
  ['Archive', done, 'restored', 'ok', 'ok'],
  ['Archive', over, 'frozen', 'InvalidObjectState', 'ok'],
  ['ColdArchive', undefined, 'frozen', 'InvalidObjectState', 'InvalidObjectState'],
  ['ColdArchive', done, 'restored', 'ok', 'ok'],
  ['DeepColdArchive', underWay, 'restoring', 'InvalidObjectState', 'InvalidObjectState'],
  ['DeepColdArchive', over, 'frozen', 'InvalidObjectState', 'InvalidObjectState'],
])('of class %s with %j an object is %s', (storageClass, restore, state, read, directRead) => {
  const record = object({ storageClass, restore })
  expect(restoreState(record, NOW_MS)).toBe(state)
  const codeOf = (archiveDirectRead: boolean) =>
    refuseFrozen(record, { archiveDirectRead }, NOW_MS)?.code ?? 'ok'
  expect([codeOf(false), codeOf(true)]).toEqual([read, directRead])
})

test('a link has no bytes that could be frozen', () => {
  const link = object({ type: 'Symlink', storageClass: 'Archive', symlinkTarget: 'k' })
  expect(restoreState(link, NOW_MS)).toBe('readable')
})

test.each<[StorageClass, Partial<RestoreRequest>, number, number]>([
  ['Archive', {}, 100, 1_000],
  ['Archive', { days: 7 }, 100, 7_000],
  ['ColdArchive', {}, 300, 1_000],
  ['ColdArchive', { priority: 'Expedited', days: 2 }, 100, 2_000],
  ['ColdArchive', { priority: 'Bulk', days: 365 }, 1_200, 365_000],
  ['DeepColdArchive', { priority: 'Expedited' }, 100, 1_000],
  ['DeepColdArchive', { priority: 'Standard' }, 300, 1_000],
])('of class %s with %j it is ready after %d ms and stays so for %d ms', (...row) => {
  const [storageClass, request, delayMs, lastsMs] = row
  for (const restore of [undefined, over]) {
    const times = decideRestore(object({ storageClass, restore }), ask(request), NOW_MS)
    const readyMs = NOW_MS + delayMs
    expect(times).toEqual({ readyMs, expiresMs: readyMs + lastsMs })
  }
})

test.each<[StorageClass, RestoreTimes | undefined, Partial<RestoreRequest>, string]>([
  ['Standard', undefined, {}, 'OperationNotSupported'],
  ['IA', undefined, { days: 366 }, 'OperationNotSupported'],
  ['Archive', underWay, {}, 'RestoreAlreadyInProgress'],
  ['DeepColdArchive', underWay, { priority: 'Expedited' }, 'RestoreAlreadyInProgress'],
  ['Archive', undefined, { priority: 'Standard' }, 'MalformedXML'],
  ['Archive', undefined, { days: 8 }, 'InvalidArgument'],
  ['Archive', done, { days: 8 }, 'InvalidArgument'],
  ['ColdArchive', undefined, { days: 366 }, 'InvalidArgument'],
  ['DeepColdArchive', undefined, { priority: 'Bulk' }, 'InvalidArgument'],
])('of class %s with %j a restore with %j is %s', (storageClass, restore, request, code) => {
  const refused = decideRestore(object({ storageClass, restore }), ask(request), NOW_MS)
  expect(refused).toMatchObject({ code })
})

test('a restore that is done is prolonged, for as many days as its class allows at most', () => {
  const prolong = (storageClass: StorageClass, restore: RestoreTimes, days: number) =>
    decideRestore(object({ storageClass, restore }), ask({ days }), NOW_MS)
  expect(prolong('Archive', done, 1)).toEqual({ ...done, expiresMs: NOW_MS + 2_000 })
  expect(prolong('Archive', done, 6)).toEqual({ ...done, expiresMs: NOW_MS + 7_000 })
  expect(prolong('Archive', done, 7)).toEqual({ ...done, expiresMs: NOW_MS + 7_000 })
  expect(prolong('ColdArchive', done, 7)).toEqual({ ...done, expiresMs: NOW_MS + 8_000 })
})

test('whatever is asked for, no restore ends sooner than it would have', () => {
  const times = fc
    .tuple(fc.nat(NOW_MS), fc.integer({ min: 1, max: 20_000 }))
    .map(([readyMs, lastsMs]) => ({ readyMs, expiresMs: NOW_MS + lastsMs }))
  fc.assert(
    fc.property(times, fc.integer({ min: 1, max: 7 }), fc.nat(5_000), (restore, days, dayMs) => {
      const request = ask({ days, lengths: { delayMs: 100, dayMs } })
      const prolonged = decideRestore(object({ storageClass: 'Archive', restore }), request, NOW_MS)
      if (prolonged instanceof OssError) throw prolonged
      expect(prolonged.readyMs).toBe(restore.readyMs)
      expect(prolonged.expiresMs).toBeGreaterThanOrEqual(restore.expiresMs)
    }),
  )
})

test.each<[StorageClass, RestoreTimes | undefined, string | undefined]>([
  ['IA', undefined, 'OperationNotSupported'],
  ['Archive', undefined, 'ArchiveRestoreFileStale'],
  ['Archive', over, 'ArchiveRestoreFileStale'],
  ['ColdArchive', underWay, 'ArchiveRestoreNotFinished'],
  ['DeepColdArchive', done, undefined],
])('of class %s with %j a restore is ended before its time: %s', (storageClass, restore, code) => {
  expect(refuseCleaning(object({ storageClass, restore }), NOW_MS)?.code).toBe(code)
})

describe('the command', () => {
  const at = { ...context, nowMs: NOW_MS }
  const amend = { kind: 'amendVersion', ...place, versionId: undefined } as const
  const restoring = { ...amend, amendment: { kind: 'restore', ...ask() } } as const
  const frozen = object({ storageClass: 'Archive', lastModifiedMs: 7 })

  test('changes nothing but the restore, and says whether one began', () => {
    const began = decideAmendVersion(restoring, { current: frozen, named: frozen }, at)
    const record = { ...frozen, restore: { readyMs: NOW_MS + 100, expiresMs: NOW_MS + 1_100 } }
    expect(began).toEqual({
      changes: [{ row: 'object', ...place, value: record }],
      result: { kind: 'restore', record, isBegun: true },
    })
    const kept = { ...frozen, restore: done }
    const longer = decideAmendVersion(restoring, { current: kept, named: kept }, at)
    expect(longer).toMatchObject({ result: { isBegun: false } })
  })

  test('is about the version that is named', () => {
    const named = object({ storageClass: 'Archive', versionSeq: 2n as VersionSeq })
    const decision = decideAmendVersion(restoring, { current: frozen, named }, at)
    expect(decision).toMatchObject({ changes: [{ row: 'version', versionSeq: 2n }] })
  })

  test('ends a restore', () => {
    const kept = { ...frozen, restore: done }
    const clean = { ...amend, amendment: { kind: 'cleanRestore' } } as const
    expect(decideAmendVersion(clean, { current: kept, named: kept }, at)).toEqual({
      changes: [{ row: 'object', ...place, value: frozen }],
      result: { kind: 'object', record: frozen },
    })
  })
})
