/**
 * Server-side apply in memory: which fields of an object are whose, and what an apply makes of them.
 *
 * A list is one field, except for the three whose entries have names of their own.
 *
 * @module
 */

type Json = unknown
type Fields = Readonly<Record<string, Json>>

/** Paths of fields by who applied them last. */
export type FieldOwners = ReadonlyMap<string, ReadonlySet<string>>

export interface AppliedFields {
  readonly value: Fields
  readonly owners: FieldOwners
}

const SEPARATOR = '\u0000'

/** Lists that are merged by entry; `null`: the entry is its own name. */
const NAMED_LISTS: Readonly<Record<string, string | null>> = {
  [pathOf('metadata', 'finalizers')]: null,
  [pathOf('metadata', 'ownerReferences')]: 'uid',
  [pathOf('status', 'conditions')]: 'type',
}

/**
 * What becomes of a value: the fields that are named are set and belong to the manager, those that it named before
 * and does not name now go, unless somebody else named them too.
 */
export function applyFields(
  present: Fields,
  owners: FieldOwners,
  manager: string,
  applied: Fields,
): AppliedFields {
  const next = new Map(leavesOf(present))
  const wanted = new Map(leavesOf(applied))
  const others = [...owners].filter(([name]) => name !== manager)
  for (const path of owners.get(manager) ?? []) {
    if (!wanted.has(path) && !others.some(([, paths]) => paths.has(path))) next.delete(path)
  }
  const changed = [...wanted].filter(([path, value]) => !isSame(next.get(path), value))
  for (const [path, value] of wanted) next.set(path, value)
  const lost = new Set(changed.map(([path]) => path))
  return {
    value: fromLeaves(next),
    owners: new Map([
      ...others.map(([name, paths]) => [name, without(paths, lost)] as const),
      [manager, new Set(wanted.keys())],
    ]),
  }
}

/** Whether two values say the same, whatever the order of their fields. */
export function isSame(a: Json, b: Json): boolean {
  if (!isFields(a) || !isFields(b)) {
    if (!Array.isArray(a) || !Array.isArray(b)) return a === b
    return a.length === b.length && a.every((item, at) => isSame(item, b[at]))
  }
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => name in b && isSame(a[name], b[name]))
  )
}

function leavesOf(value: Json, path = ''): [string, Json][] {
  const fields = namedEntries(path, value) ?? value
  if (!isFields(fields)) return [[path, fields]]
  const names = Object.keys(fields)
  if (names.length === 0 && path !== '') return [[path, {}]]
  return names
    .filter((name) => fields[name] !== undefined)
    .flatMap((name) => leavesOf(fields[name], path === '' ? name : path + SEPARATOR + name))
}

function namedEntries(path: string, value: Json): Fields | undefined {
  const key = NAMED_LISTS[path]
  if (key === undefined || !Array.isArray(value)) return undefined
  return Object.fromEntries(
    value.map((entry) => (key === null ? [entry, entry] : [entry[key], entry])),
  )
}

function fromLeaves(leaves: ReadonlyMap<string, Json>): Fields {
  const root: Record<string, Json> = {}
  for (const [path, value] of leaves) {
    const names = path.split(SEPARATOR)
    const last = names.pop() ?? ''
    let at = root
    for (const name of names) at = (at[name] ??= {}) as Record<string, Json>
    // An empty map beside its entries says nothing.
    if (isFields(value)) at[last] ??= value
    else at[last] = value
  }
  return withLists(root, '') as Fields
}

function withLists(value: Json, path: string): Json {
  if (!isFields(value)) return value
  if (path in NAMED_LISTS) return Object.values(value)
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      withLists(field, path === '' ? name : path + SEPARATOR + name),
    ]),
  )
}

function without(paths: ReadonlySet<string>, lost: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...paths].filter((path) => !lost.has(path)))
}

function isFields(value: Json): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function pathOf(...names: string[]): string {
  return names.join(SEPARATOR)
}
