/**
 * The operations of the S3 dialect in the README: which are served, and which are refused by name.
 *
 * One test calls each that is served with the official SDK, so that a list says as much as a table.
 *
 * @module
 */

import { knownS3Operations, s3Operations } from '../../storage-node/src/testing.ts'
import type { S3OperationRow } from '../../storage-node/src/testing.ts'
import type { TableMarks } from './table.ts'

/** Lines of the README between which the lists stand. */
export const S3_MARKS: TableMarks = {
  begin: '<!-- operations of the S3 dialect: made by `npm run operations` -->',
  end: '<!-- end of operations of the S3 dialect -->',
}

const LEVELS = ['service', 'bucket', 'object'] as const
const CALLED_BY = '[s3-operations.test.ts](test/api/s3-operations.test.ts)'

/** The section of the README, ready to be formatted. */
export function s3OperationsTable(): string {
  const served = knownS3Operations.filter(({ name }) => s3Operations.has(name))
  const unserved = knownS3Operations.filter(({ name }) => !s3Operations.has(name))
  return [
    S3_MARKS.begin,
    '',
    `S3 clients are served at the same endpoint, over the same buckets: ${served.length} of ${knownS3Operations.length} operations,`,
    `each called by the official SDK in ${CALLED_BY}:`,
    '',
    ...LEVELS.map((level) => `- of the ${level}: ${namesOf(served, level)}`),
    '',
    'The others are refused by name (`NotImplemented`, status 501):',
    '',
    ...LEVELS.map((level) => [level, namesOf(unserved, level)] as const)
      .filter(([, names]) => names !== '')
      .map(([level, names]) => `- of the ${level}: ${names}`),
    '',
    S3_MARKS.end,
  ].join('\n')
}

function namesOf(rows: readonly S3OperationRow[], level: S3OperationRow['level']): string {
  return rows
    .filter((row) => row.level === level)
    .map(({ name }) => name)
    .join(', ')
}
