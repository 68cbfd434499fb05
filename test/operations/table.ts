/**
 * The table of what is served and what shows it, made from the specification's rows, the code and the tests.
 *
 * @module
 */

import { basename } from 'node:path/posix'
import {
  CALLED_BY_A_BROWSER,
  CALLED_BY_OSS2,
  CALLED_BY_THE_GATE,
} from '../conformance/called-operations.ts'
import { isApiTest, ROUTING_TEST, servedOperations } from '../tidy/operations.ts'
import type { SourceFile } from '../tidy/source-tree.ts'
import type { OperationClass } from './specified.ts'
import { specifiedOperations } from './specified.ts'

/** Lines of the README between which the table stands. */
export const TABLE_BEGIN = '<!-- operations: made by `npm run operations` -->'
export const TABLE_END = '<!-- end of operations -->'

/** What shows that a name is served. */
interface Evidence {
  readonly unitTest: string
  readonly realClient: string
}

/** Has one request of every operation: shown where no test is about the operation alone. */
const EVERY_OPERATION_TEST = 'test/api/served-operations.test.ts'

/** Served, but no row of the API's table of operations. */
const OTHERWISE_SERVED: Readonly<Record<string, Evidence>> = {
  AssumeRole: { unitTest: 'test/api/sts.test.ts', realClient: realClientOf('AssumeRole') },
  OptionObject: { unitTest: 'test/api/cors.test.ts', realClient: realClientOf('OptionObject') },
  'CreateFolder idiom': { unitTest: 'test/api/names.test.ts', realClient: 'gate' },
  Callback: { unitTest: 'test/api/callback.test.ts', realClient: 'c4' },
}

/** The section of the README, ready to be formatted. */
export function operationsTable(sources: readonly SourceFile[]): string {
  const served = new Set(servedOperations(sources))
  const tests = sources.filter(({ path }) => isApiTest(path) && path !== ROUTING_TEST)
  const evidenceOf = (name: string): Evidence | undefined =>
    served.has(name)
      ? { unitTest: unitTestOf(name, tests), realClient: realClientOf(name) }
      : OTHERWISE_SERVED[name]
  const rows = specifiedOperations.flatMap(([section, operationClass, ...names]) =>
    names.map((name) => ({ section, operationClass, name, evidence: evidenceOf(name) })),
  )
  const unserved = rows.filter(({ evidence }) => evidence === undefined)
  return [
    TABLE_BEGIN,
    '',
    `${rows.length - unserved.length} of ${rows.length} are served:`,
    '',
    '| Section | Class | Operation | Unit test | Real client |',
    '| --- | --- | --- | --- | --- |',
    ...rows.flatMap(({ evidence, ...row }) =>
      evidence === undefined ? [] : [line(row, evidence)],
    ),
    '',
    'The others are refused by name (`NotImplemented`). Of buckets with a hierarchical namespace (section 1.9) already the making is;',
    'why there are none is told in [storage-node/](storage-node/README.md#deliberately-absent).',
    '',
    ...(['A', 'B', 'C', 'D'] as const).flatMap((operationClass) => {
      const names = unserved.filter((row) => row.operationClass === operationClass)
      if (names.length === 0) return []
      return [`- class ${operationClass}: ${names.map(({ name }) => name).join(', ')}`]
    }),
    '',
    TABLE_END,
  ].join('\n')
}

/** Lines between which a table stands. */
export interface TableMarks {
  readonly begin: string
  readonly end: string
}

/** A README with the table in its place. */
export function withTable(
  readme: string,
  table: string,
  marks: TableMarks = { begin: TABLE_BEGIN, end: TABLE_END },
): string {
  const begin = readme.indexOf(marks.begin)
  const end = readme.indexOf(marks.end)
  if (begin === -1 || end < begin) throw new Error('The README has no place for the table')
  return readme.slice(0, begin) + table + readme.slice(end + marks.end.length)
}

interface Row {
  readonly section: string
  readonly operationClass: OperationClass
  readonly name: string
}

function line({ section, operationClass, name }: Row, { unitTest, realClient }: Evidence): string {
  const test = `[${basename(unitTest)}](${unitTest})`
  return `| ${section} | ${operationClass} | ${name} | ${test} | ${realClient} |`
}

function unitTestOf(name: string, tests: readonly SourceFile[]): string {
  const naming = tests.filter(({ text }) => new RegExp(`\\b${name}\\b`).test(text))
  const own = naming.find(({ path }) => path !== EVERY_OPERATION_TEST) ?? naming[0]
  if (own === undefined) throw new Error(`${name} is named by no test of the API`)
  return own.path
}

function realClientOf(name: string): string {
  if (CALLED_BY_THE_GATE.includes(name)) return 'gate'
  if (CALLED_BY_A_BROWSER.includes(name)) return 'browser'
  if (CALLED_BY_OSS2.includes(name)) return 'c3'
  throw new Error(`${name} is called by no client of the conformance suite`)
}
