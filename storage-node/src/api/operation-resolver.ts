/**
 * Finds the one operation of a dialect that a request asks for.
 *
 * What decides: the method, what is addressed, the query parameters that select operations, and a
 * header or two. A parameter nobody knows is refused rather than ignored: it may be the sub-resource
 * of an operation that would otherwise turn into an overwrite of the object (oss.md 0, class D).
 * Only a read of an object passes over `v=3`: pages add such parameters to the addresses of pictures
 * and scripts so that browsers fetch them anew, and a sub-resource does not look like that.
 *
 * @module
 */

import { OssError } from '../model/errors.ts'
import type { HeaderValues, QueryPair } from '../wire/oss/request-head.ts'
import type { KnownOperation, ResourceLevel } from './oss/known-operations/known-operation.ts'

/** What of a request's head decides. */
export interface OperationRequest {
  readonly method: string
  readonly query: readonly QueryPair[]
  readonly headers: HeaderValues
}

/** A row of the table of a dialect. */
export interface OperationRow<Name extends string> extends KnownOperation {
  readonly name: Name
  readonly level: ResourceLevel
}

/** What a dialect knows. */
export interface DialectRows<Name extends string> {
  /** But for the preflight. */
  readonly rows: readonly OperationRow<Name>[]
  /** Recognised whatever is addressed. */
  readonly preflight: Name
  /** Parameters of every request, by their names. */
  readonly common: ReadonlySet<string>
  /** Further ones that mean nothing to any operation; undefined: the operation says. */
  readonly passesOver: (parameter: QueryPair) => boolean | undefined
  /** Whether HEAD of a bucket is answered like GET. */
  readonly headIsGet: boolean
}

/**
 * The operation asked for. Throws NotImplemented for a parameter that means none, MethodNotAllowed
 * for a method that the resource does not have.
 */
export type ResolveOperation<Name extends string> = (
  request: OperationRequest,
  level: ResourceLevel,
) => Name

/** Prepares the table once. */
export function operationResolver<Name extends string>(
  dialect: DialectRows<Name>,
): ResolveOperation<Name> {
  const selection = selectionOf(dialect.rows)
  return (request, level) => {
    const { method, query } = request
    if (method === 'OPTIONS') return dialect.preflight
    const selecting = query.filter((pair) => selection.selectsAt(level, pair.name))
    const rows = selection.rowsOf(level, selecting)
    const [first] = selecting
    if (rows.length === 0 && first !== undefined) throw notImplemented(first.name)
    const isGet = dialect.headIsGet && method === 'HEAD' && level !== 'object'
    const row = chooseRow(rows, isGet ? 'GET' : method, request.headers)
    if (row === undefined) throw methodNotAllowed(method, level, rows)
    const stranger = query.find((pair) => !isUnderstood(row, pair, dialect, selection))
    if (stranger !== undefined) throw notImplemented(stranger.name)
    return row.name
  }
}

/** The rows by what selects them. */
interface Selection<Name extends string> {
  /** Names of all levels, in small letters: `?legalHold` must not be ignored at a bucket. */
  readonly names: ReadonlySet<string>
  selectsAt(level: ResourceLevel, name: string): boolean
  /** Rows with exactly these selecting parameters; where values count, with these values. */
  rowsOf(level: ResourceLevel, selecting: readonly QueryPair[]): readonly OperationRow<Name>[]
}

function selectionOf<Name extends string>(rows: readonly OperationRow<Name>[]): Selection<Name> {
  const selectors = new Map<ResourceLevel, Set<string>>()
  const names = new Set<string>()
  const bySelection = new Map<string, OperationRow<Name>[]>()
  for (const row of rows) {
    const selecting = (row.select ?? []).map((selector) => splitSelector(selector).name)
    const ofLevel = selectors.get(row.level) ?? new Set()
    selectors.set(row.level, ofLevel)
    for (const name of selecting) {
      ofLevel.add(name)
      names.add(name.toLowerCase())
    }
    for (const chosen of row.orSelect === undefined ? [selecting] : [selecting, row.orSelect]) {
      const key = selectionKey(row.level, chosen)
      bySelection.set(key, [...(bySelection.get(key) ?? []), row])
    }
  }
  return {
    names,
    selectsAt: (level, name) => selectors.get(level)?.has(name) === true,
    rowsOf(level, selecting) {
      const named = selecting.map(({ name }) => name)
      const found = bySelection.get(selectionKey(level, named)) ?? []
      if (selecting.length === 0) return found
      const exact = found.filter((row) => needsValue(row) && hasValues(row, selecting))
      return exact.length > 0 ? exact : found.filter((row) => !needsValue(row))
    },
  }
}

function chooseRow<Name extends string>(
  rows: readonly OperationRow<Name>[],
  method: string,
  headers: HeaderValues,
): OperationRow<Name> | undefined {
  const ofMethod = rows.filter((row) => (row.methods as readonly string[]).includes(method))
  const byHeader = ofMethod.find(
    (row) => row.header !== undefined && headers[row.header] !== undefined,
  )
  return byHeader ?? ofMethod.find((row) => row.header === undefined)
}

function isUnderstood<Name extends string>(
  row: OperationRow<Name>,
  pair: QueryPair,
  { common, passesOver }: DialectRows<Name>,
  selection: Selection<Name>,
): boolean {
  const { name, value } = pair
  const known = row.parameters ?? []
  if (selection.selectsAt(row.level, name) || known.includes(name)) return true
  if (common.has(name) || row.ignores === 'others') return true
  const small = name.toLowerCase()
  // Misspelled: who asks for `VersionId=v` does not want the current version.
  if (selection.names.has(small) || known.some((other) => other.toLowerCase() === small)) {
    return false
  }
  return passesOver(pair) ?? (row.ignores === 'others with a value' && value !== '')
}

function methodNotAllowed(
  method: string,
  level: ResourceLevel,
  rows: readonly KnownOperation[],
): OssError {
  const allowed = new Set(rows.flatMap(({ methods }) => methods))
  return new OssError('MethodNotAllowed', {
    details: [
      { name: 'Method', value: method },
      { name: 'ResourceType', value: level.toUpperCase() },
    ],
    headers: { allow: [...allowed].join(', ') },
  })
}

function notImplemented(parameter: string): OssError {
  return new OssError('NotImplemented', {
    message: `The query parameter "${parameter}" asks for a function that is not implemented here.`,
    details: [{ name: 'ArgumentName', value: parameter }],
  })
}

function needsValue(row: KnownOperation): boolean {
  return row.select?.some((selector) => selector.includes('=')) === true
}

function hasValues(row: KnownOperation, selecting: readonly QueryPair[]): boolean {
  return (row.select ?? []).every((selector) => {
    const { name, value } = splitSelector(selector)
    return value === undefined || selecting.find((pair) => pair.name === name)?.value === value
  })
}

function splitSelector(selector: string): { name: string; value: string | undefined } {
  const equals = selector.indexOf('=')
  if (equals < 0) return { name: selector, value: undefined }
  return { name: selector.slice(0, equals), value: selector.slice(equals + 1) }
}

function selectionKey(level: ResourceLevel, names: readonly string[]): string {
  if (names.length === 0) return level
  return `${level}?${[...new Set(names)].sort().join('&')}`
}
