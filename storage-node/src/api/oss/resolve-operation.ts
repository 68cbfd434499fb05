/**
 * Finds the one operation a request asks for.
 *
 * What decides: the method, what is addressed, the query parameters that select operations, and a
 * header or two. A parameter nobody knows is refused rather than ignored: it may be the sub-resource
 * of an operation that would otherwise turn into an overwrite of the object (oss.md 0, class D).
 * Only a read of an object passes over `v=3`: pages add such parameters to the addresses of pictures
 * and scripts so that browsers fetch them anew, and a sub-resource does not look like that.
 *
 * @module
 */

import { OssError } from '../../model/errors.ts'
import type { HeaderValues, QueryPair } from '../../wire/oss/request-head.ts'
import {
  knownOperations,
  PREFLIGHT,
  type KnownOperationRow,
  type OperationName,
} from './known-operations.ts'
import type { ResourceLevel } from './known-operations/known-operation.ts'

/** What of a request's head decides. */
export interface OperationRequest {
  readonly method: string
  readonly query: readonly QueryPair[]
  readonly headers: HeaderValues
}

/**
 * The operation asked for; HEAD of a bucket is answered like GET. Throws NotImplemented for a
 * parameter that means none, MethodNotAllowed for a method that the resource does not have.
 */
export function resolveOperation(request: OperationRequest, level: ResourceLevel): OperationName {
  const { method, query } = request
  if (method === 'OPTIONS') return PREFLIGHT
  const selecting = query.filter((pair) => selectsAt(level, pair.name))
  const rows = rowsOfSelection(level, selecting)
  const [first] = selecting
  if (rows.length === 0 && first !== undefined) throw notImplemented(first.name)
  const row = chooseRow(rows, request, level)
  if (row === undefined) throw methodNotAllowed(method, level, rows)
  const stranger = query.find((pair) => !isUnderstood(row, pair))
  if (stranger !== undefined) throw notImplemented(stranger.name)
  return row.name
}

/** Parameters of every signed request, and those of answers that a signed reader may override. */
const COMMON_PARAMETERS: ReadonlySet<string> = new Set([
  'OSSAccessKeyId',
  'Expires',
  'Signature',
  'security-token',
  'response-content-type',
  'response-content-language',
  'response-expires',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
])

/** Selecting parameter names of a level. */
const selectors = new Map<ResourceLevel, Set<string>>()
/** The same of all levels, in small letters: `?legalHold` must not be ignored at a bucket. */
const allSelectors = new Set<string>()
/** By level and selecting names. */
const rowsBySelection = new Map<string, KnownOperationRow[]>()

for (const row of knownOperations) {
  const names = (row.select ?? []).map((selector) => splitSelector(selector).name)
  const ofLevel = selectors.get(row.level) ?? new Set()
  selectors.set(row.level, ofLevel)
  for (const name of names) {
    ofLevel.add(name)
    allSelectors.add(name.toLowerCase())
  }
  for (const selecting of row.orSelect === undefined ? [names] : [names, row.orSelect]) {
    const selection = selectionKey(row.level, selecting)
    rowsBySelection.set(selection, [...(rowsBySelection.get(selection) ?? []), row])
  }
}

function selectsAt(level: ResourceLevel, name: string): boolean {
  return selectors.get(level)?.has(name) === true
}

/** Rows with exactly these selecting parameters; where values count, with these values. */
function rowsOfSelection(
  level: ResourceLevel,
  selecting: readonly QueryPair[],
): readonly KnownOperationRow[] {
  const names = selecting.map(({ name }) => name)
  const rows = rowsBySelection.get(selectionKey(level, names)) ?? []
  if (selecting.length === 0) return rows
  const exact = rows.filter((row) => needsValue(row) && hasValues(row, selecting))
  return exact.length > 0 ? exact : rows.filter((row) => !needsValue(row))
}

function chooseRow(
  rows: readonly KnownOperationRow[],
  { method, headers }: OperationRequest,
  level: ResourceLevel,
): KnownOperationRow | undefined {
  const asked = method === 'HEAD' && level !== 'object' ? 'GET' : method
  const ofMethod = rows.filter((row) => (row.methods as readonly string[]).includes(asked))
  const byHeader = ofMethod.find(
    (row) => row.header !== undefined && headers[row.header] !== undefined,
  )
  return byHeader ?? ofMethod.find((row) => row.header === undefined)
}

function isUnderstood(row: KnownOperationRow, { name, value }: QueryPair): boolean {
  const known = row.parameters ?? []
  if (selectsAt(row.level, name) || known.includes(name)) return true
  if (COMMON_PARAMETERS.has(name) || row.ignores === 'others') return true
  const small = name.toLowerCase()
  // Misspelled: who asks for `VersionId=v` does not want the current version.
  if (allSelectors.has(small) || known.some((other) => other.toLowerCase() === small)) return false
  // Restricts who may use a signed URL.
  if (name.startsWith('x-oss-ac-')) return false
  // Clients tag requests with `x-` parameters that end up in the log (oss.md 5.19).
  if (name.startsWith('x-')) return !name.startsWith('x-oss-') || value !== ''
  return row.ignores === 'others with a value' && value !== ''
}

function methodNotAllowed(
  method: string,
  level: ResourceLevel,
  rows: readonly KnownOperationRow[],
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

function needsValue(row: KnownOperationRow): boolean {
  return row.select?.some((selector) => selector.includes('=')) === true
}

function hasValues(row: KnownOperationRow, selecting: readonly QueryPair[]): boolean {
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
