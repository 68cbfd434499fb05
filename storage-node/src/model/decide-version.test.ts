import fc from 'fast-check'
import type { Decision, VersionRule } from './command.ts'
import {
  body,
  changesOf,
  context,
  countedBy,
  dataId,
  droppedBy,
  met,
  metadata,
  object,
  place,
  refusalOf,
} from './decide-fixtures.ts'
import { decidePutObject } from './decide-object.ts'
import {
  decideAmendVersion,
  decideDeleteObject,
  decideDeleteVersion,
  requireVersion,
} from './decide-version.ts'
import { OssError } from './errors.ts'
import type { VersionId, VersionSeq } from './identifiers.ts'
import type { ObjectRecord } from './object.ts'
import { NULL_VERSION, versionIdOf } from './version-id.ts'

const SALT = 'ab'.repeat(8)
const UNSET: VersionRule = { state: 'unset' }
const SUSPENDED: VersionRule = { state: 'Suspended' }
const ENABLED: VersionRule = { state: 'Enabled', salt: SALT }

const idOf = (seq: number) => versionIdOf(BigInt(seq) as VersionSeq, SALT)
const NEW_ID = idOf(7)

/** A version of its own data, with an identifier unless it is the null version. */
function version(seq: number, change: Partial<ObjectRecord> = {}): ObjectRecord {
  return object({
    versionSeq: BigInt(seq) as VersionSeq,
    versionId: idOf(seq),
    sizeBytes: 9000,
    data: { kind: 'chunks', dataId: dataId(seq) },
    ...change,
  })
}
const nullVersion = (seq: number, change: Partial<ObjectRecord> = {}) =>
  version(seq, { versionId: NULL_VERSION, ...change })
const marker = (seq: number, change: Partial<ObjectRecord> = {}) =>
  version(seq, { isDeleteMarker: true, sizeBytes: 0, data: { kind: 'none' }, ...change })
const behind = (nullSeq?: number): Partial<ObjectRecord> => ({
  older: { nullSeq: nullSeq === undefined ? undefined : (BigInt(nullSeq) as VersionSeq) },
})

function put(versions: VersionRule, forbidOverwrite = false) {
  const said = {
    metadata,
    body: body(5000),
    etag: 'E',
    forbidOverwrite,
    versions,
    condition: undefined,
  }
  return { kind: 'putObject', ...place, ...said } as const
}
const remove = (versions: VersionRule) => ({ kind: 'deleteObject', ...place, versions }) as const
const removeVersion = (versionId: VersionId) =>
  ({ kind: 'deleteVersion', ...place, versionId }) as const

/** What the rows of the key are told to be: `O` and each `V`, by seq and identifier. */
function rowsOf(decision: Decision): Record<string, string> {
  const rows: Record<string, string> = {}
  for (const change of changesOf(decision)) {
    if (change.row === 'object') rows['O'] = textOf(change.value)
    if (change.row === 'version') rows[`V${change.versionSeq}`] = textOf(change.value)
  }
  return rows
}

function textOf(record: ObjectRecord | undefined): string {
  if (record === undefined) return 'gone'
  const { versionSeq, versionId, isDeleteMarker, older } = record
  const name = versionId === NULL_VERSION ? 'null' : 'id'
  const rest = older === undefined ? '' : ` before ${older.nullSeq ?? '-'}`
  return `${versionSeq} ${name}${isDeleteMarker ? ' marker' : ''}${rest}`
}

describe('a put', () => {
  const cases: readonly [string, VersionRule, ReturnType<typeof met>, object, string[]][] = [
    ['where nothing is, Enabled', ENABLED, met(undefined), { O: '7 id' }, []],
    ['where nothing is, Suspended', SUSPENDED, met(undefined), { O: '7 null' }, []],
    ['over null, unset', UNSET, met(nullVersion(3)), { O: '7 null' }, ['3']],
    ['over null, Suspended', SUSPENDED, met(nullVersion(3)), { O: '7 null' }, ['3']],
    ['over null, Enabled', ENABLED, met(nullVersion(3)), { O: '7 id before 3', V3: '3 null' }, []],
    [
      'over a version, Enabled',
      ENABLED,
      met(version(3, behind(2))),
      { O: '7 id before 2', V3: '3 id' },
      [],
    ],
    [
      'over a delete marker, Enabled',
      ENABLED,
      met(marker(3, behind())),
      { O: '7 id before -', V3: '3 id marker' },
      [],
    ],
    [
      'over a version with null behind it, Suspended',
      SUSPENDED,
      { current: version(3, behind(2)), olderNull: nullVersion(2) },
      { O: '7 null before -', V3: '3 id', V2: 'gone' },
      ['2'],
    ],
    [
      'over null before others, Suspended',
      SUSPENDED,
      met(nullVersion(3, behind())),
      { O: '7 null before -' },
      ['3'],
    ],
    // A gateway that did not know yet: nothing with an identifier may be lost by it.
    [
      'over a version, unset',
      UNSET,
      { current: version(3, behind(2)), olderNull: nullVersion(2) },
      { O: '7 null before -', V3: '3 id', V2: 'gone' },
      ['2'],
    ],
  ]

  test.each(cases)('%s', (_name, rule, rows, expected, queued) => {
    const decision = decidePutObject(put(rule), rows, context)
    expect(rowsOf(decision)).toEqual(expected)
    expect(Object.keys(droppedBy(decision))).toEqual(queued.map((seq) => dataId(Number(seq))))
    const isAdded = queued.length === 0
    const bytes = isAdded ? 5000 : -4000
    const added = isAdded ? { objects: 1, standardObjects: 1 } : {}
    expect(countedBy(decision)).toEqual({ objectBytes: bytes, standardBytes: bytes, ...added })
  })

  test('keeps nothing from being overwritten where versions are kept', () => {
    const rows = met(version(3))
    expect(refusalOf(decidePutObject(put(UNSET, true), rows, context))).toBe('FileAlreadyExists')
    expect(refusalOf(decidePutObject(put(ENABLED, true), rows, context))).toBeUndefined()
    expect(refusalOf(decidePutObject(put(SUSPENDED, true), rows, context))).toBeUndefined()
    expect(refusalOf(decidePutObject(put(UNSET, true), met(marker(3)), context))).toBeUndefined()
  })

  test('before an appendable object keeps it from ever growing again', () => {
    const current = nullVersion(3, { type: 'Appendable' })
    const changes = changesOf(decidePutObject(put(ENABLED), met(current), context))
    const moved = changes.find(({ row }) => row === 'version')
    expect(moved).toMatchObject({ value: { type: 'Appendable', sealedMs: context.nowMs } })
  })
})

describe('a deletion without a version', () => {
  const cases: readonly [string, VersionRule, ReturnType<typeof met>, object, object][] = [
    ['of null, unset', UNSET, met(nullVersion(3)), { O: 'gone' }, { objects: -1 }],
    ['where nothing is, Enabled', ENABLED, met(undefined), { O: '7 id marker' }, {}],
    ['where nothing is, Suspended', SUSPENDED, met(undefined), { O: '7 null marker' }, {}],
    [
      'of null, Enabled',
      ENABLED,
      met(nullVersion(3)),
      { O: '7 id marker before 3', V3: '3 null' },
      {},
    ],
    ['of null, Suspended', SUSPENDED, met(nullVersion(3)), { O: '7 null marker' }, { objects: -1 }],
    [
      'of a version with null behind it, Suspended',
      SUSPENDED,
      { current: version(3, behind(2)), olderNull: nullVersion(2) },
      { O: '7 null marker before -', V3: '3 id', V2: 'gone' },
      { objects: -1 },
    ],
    [
      'of a version, unset',
      UNSET,
      met(version(3)),
      { O: '7 null marker before -', V3: '3 id' },
      {},
    ],
    [
      'of null before others, unset',
      UNSET,
      met(nullVersion(3, behind())),
      { O: '7 null marker before -' },
      { objects: -1 },
    ],
  ]

  test.each(cases)('%s', (_name, rule, rows, expected, counted) => {
    const decision = decideDeleteObject(remove(rule), rows, context)
    expect(rowsOf(decision)).toEqual(expected)
    const isMarked = expected['O' as never] !== 'gone'
    const markers = isMarked ? { deleteMarkers: 1 } : {}
    const { objects, deleteMarkers } = countedBy(decision)
    expect({ objects, deleteMarkers }).toEqual({ ...counted, ...markers })
  })

  test('of nothing changes nothing where versions are not kept', () => {
    expect(decideDeleteObject(remove(UNSET), met(undefined), context)).toEqual({
      changes: [],
      result: { kind: 'deleted', existed: false, versionId: undefined, isDeleteMarker: false },
    })
  })

  test('of a null delete marker puts another in its place', () => {
    const rows = met(marker(3, { versionId: NULL_VERSION }))
    const decision = decideDeleteObject(remove(SUSPENDED), rows, context)
    expect(rowsOf(decision)).toEqual({ O: '7 null marker' })
    expect(countedBy(decision)).toEqual({})
  })

  test.each([
    ['present', version(3), undefined],
    ['present', undefined, 'NoSuchKey'],
    ['present', marker(3), 'NoSuchKey'],
    ['etag', version(3), undefined],
    ['etag', version(3, { etag: 'F' }), 'PreconditionFailed'],
    ['etag', undefined, 'NoSuchKey'],
  ] as const)('that is only of what is %s, of %j: %s', (kind, current, expected) => {
    const condition = kind === 'etag' ? { kind, etag: version(3).etag } : { kind }
    for (const rule of [UNSET, ENABLED]) {
      const decision = decideDeleteObject({ ...remove(rule), condition }, met(current), context)
      expect('refused' in decision ? decision.refused.code : undefined).toBe(expected)
    }
  })

  test('answers with the delete marker that it made', () => {
    const decision = decideDeleteObject(remove(ENABLED), met(version(3)), context)
    const result = { kind: 'deleted', existed: true, versionId: NEW_ID, isDeleteMarker: true }
    expect(decision).toMatchObject({ result })
  })
})

describe('a deletion of one version', () => {
  const current = version(5, behind(2))
  const cases: readonly [string, ObjectRecord, ObjectRecord, ObjectRecord | undefined, object][] = [
    ['that is all there is', version(5), version(5), undefined, { O: 'gone' }],
    ['that is current', current, current, version(4), { O: '4 id before 2', V4: 'gone' }],
    [
      'that is current, before null',
      current,
      current,
      nullVersion(2),
      { O: '2 null before -', V2: 'gone' },
    ],
    ['that is behind it', current, version(4), undefined, { V4: 'gone' }],
    [
      'that is null, behind it',
      current,
      nullVersion(2),
      undefined,
      { O: '5 id before -', V2: 'gone' },
    ],
  ]

  test.each(cases)('%s', (_name, now, target, newest, expected) => {
    const isCurrent = now.versionId === target.versionId
    const named = isCurrent ? now : target
    const command = removeVersion(target.versionId)
    const decision = decideDeleteVersion(command, { current: now, named }, newest, context)
    expect(rowsOf(decision)).toEqual(expected)
    expect(Object.keys(droppedBy(decision))).toEqual([dataId(Number(target.versionSeq))])
    expect(countedBy(decision)).toMatchObject({ objects: -1, objectBytes: -9000 })
    const { versionId } = target
    const result = { kind: 'deleted', existed: true, versionId, isDeleteMarker: false }
    expect(decision).toMatchObject({ result })
  })

  test('of a delete marker brings back what it hid', () => {
    const hidden = marker(5, behind())
    const command = removeVersion(hidden.versionId)
    const named = { current: hidden, named: hidden }
    const decision = decideDeleteVersion(command, named, version(4), context)
    expect(rowsOf(decision)).toEqual({ O: '4 id before -', V4: 'gone' })
    expect(countedBy(decision)).toEqual({ deleteMarkers: -1 })
    expect(droppedBy(decision)).toEqual({})
    expect(decision).toMatchObject({ result: { isDeleteMarker: true } })
  })

  test('that is not there changes nothing', () => {
    const named = { current, named: undefined }
    const versionId = idOf(9)
    expect(decideDeleteVersion(removeVersion(versionId), named, undefined, context)).toEqual({
      changes: [],
      result: { kind: 'deleted', existed: false, versionId, isDeleteMarker: false },
    })
  })
})

describe('an amendment', () => {
  const current = version(5, behind())
  const amend = (versionId?: VersionId) =>
    ({
      kind: 'amendVersion',
      ...place,
      versionId,
      amendment: { kind: 'acl', acl: 'public-read' },
    }) as const

  test('changes the row that the version is in, and nothing else', () => {
    const now = decideAmendVersion(amend(), { current, named: current }, context)
    expect(changesOf(now)).toEqual([
      { row: 'object', ...place, value: { ...current, acl: 'public-read', lastModifiedMs: 5000 } },
    ])
    const older = version(4)
    const then = decideAmendVersion(amend(idOf(4)), { current, named: older }, context)
    const value = { ...older, acl: 'public-read', lastModifiedMs: 5000 }
    expect(changesOf(then)).toEqual([{ row: 'version', ...place, versionSeq: 4n, value }])
  })

  test('of tags leaves the time of the last change', () => {
    const amendment = { kind: 'tags', tags: [['a', 'b']] } as const
    const command = { ...amend(), amendment }
    const decision = decideAmendVersion(command, { current, named: current }, context)
    expect(changesOf(decision)).toMatchObject([
      { value: { tags: [['a', 'b']], lastModifiedMs: 1000 } },
    ])
  })

  test('of nothing, or of a delete marker, is refused', () => {
    const nothing = { current, named: undefined }
    expect(refusalOf(decideAmendVersion(amend(), nothing, context))).toBe('NoSuchKey')
    expect(refusalOf(decideAmendVersion(amend(idOf(4)), nothing, context))).toBe('NoSuchVersion')
    const marked = { current, named: marker(4) }
    expect(refusalOf(decideAmendVersion(amend(idOf(4)), marked, context))).toBe('MethodNotAllowed')
  })
})

describe('a delete marker', () => {
  test('that is current is no object, and says which one it is', () => {
    const headers = { 'x-oss-delete-marker': 'true', 'x-oss-version-id': expect.any(String) }
    const answer = requireVersion(marker(3), undefined, place.key)
    expect(answer).toBeInstanceOf(OssError)
    expect(answer).toMatchObject({ code: 'NoSuchKey', status: 404, headers })
  })

  test('that is named can only be deleted', () => {
    const answer = requireVersion(marker(3), idOf(3), place.key)
    expect(answer).toMatchObject({
      code: 'MethodNotAllowed',
      status: 405,
      headers: { allow: 'DELETE' },
    })
  })
})

/** All rows of one key, as a map of its own would keep them. */
class KeyRows {
  current: ObjectRecord | undefined
  readonly versions = new Map<VersionSeq, ObjectRecord>()
  seq = 10n

  apply(decision: Decision): void {
    for (const change of changesOf(decision)) {
      if (change.row === 'object') this.current = change.value
      if (change.row !== 'version') continue
      if (change.value === undefined) this.versions.delete(change.versionSeq)
      else this.versions.set(change.versionSeq, change.value)
    }
  }

  get newest(): ObjectRecord | undefined {
    return [...this.versions.values()].sort((a, b) => (a.versionSeq < b.versionSeq ? 1 : -1))[0]
  }

  get all(): ObjectRecord[] {
    return this.current === undefined ? [] : [this.current, ...this.versions.values()]
  }

  named(versionId: VersionId): ObjectRecord | undefined {
    return this.all.find((record) => record.versionId === versionId)
  }

  met() {
    const seq = this.current?.older?.nullSeq
    return {
      current: this.current,
      olderNull: seq === undefined ? undefined : this.versions.get(seq),
    }
  }
}

const rules = fc.constantFrom(UNSET, ENABLED, SUSPENDED)
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('put', 'delete', 'deleteVersion'),
    rule: rules,
    pick: fc.nat(20),
  }),
  { maxLength: 40 },
)

test('whatever is done to a key, its rows fit each other, and no version but null is overwritten', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const rows = new KeyRows()
      for (const { kind, rule, pick } of all) {
        const now = { nowMs: 5000, versionSeq: ++rows.seq as VersionSeq }
        const before = rows.all.map(({ versionId }) => versionId)
        const target = before[pick % Math.max(1, before.length)]
        if (kind === 'put') rows.apply(decidePutObject(put(rule), rows.met(), now))
        else if (kind === 'delete') rows.apply(decideDeleteObject(remove(rule), rows.met(), now))
        else if (target !== undefined) {
          const named = { current: rows.current, named: rows.named(target) }
          const command = removeVersion(target)
          rows.apply(decideDeleteVersion(command, named, rows.newest, now))
        }
        const kept = before.filter((versionId) => versionId !== NULL_VERSION)
        const left = rows.all.map(({ versionId }) => versionId)
        const gone = kept.filter((versionId) => !left.includes(versionId))
        expect(gone).toEqual(
          kind === 'deleteVersion' && target !== NULL_VERSION && target ? [target] : [],
        )
        if (rows.current === undefined) expect(rows.versions.size).toBe(0)
        if (rows.current?.older === undefined) expect(rows.versions.size).toBe(0)
        const nulls = rows.all.filter(({ versionId }) => versionId === NULL_VERSION)
        expect(nulls.length).toBeLessThan(2)
        const isOlder = nulls[0] !== undefined && nulls[0] !== rows.current
        expect(rows.current?.older?.nullSeq).toBe(isOlder ? nulls[0]?.versionSeq : undefined)
        for (const { versionSeq, older } of rows.versions.values()) {
          expect(versionSeq < (rows.current?.versionSeq ?? 0n)).toBe(true)
          expect(older).toBeUndefined()
        }
      }
    }),
    { numRuns: 500 },
  )
})
