/**
 * `npm run operations`: writes the tables of operations into the README.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { parseSources, readTree } from '../tidy/source-tree.ts'
import { S3_MARKS, s3OperationsTable } from './s3-table.ts'
import { operationsTable, withTable } from './table.ts'

const readme = join(import.meta.dirname, '..', '..', 'README.md')
const table = operationsTable(parseSources(readTree()))
const first = withTable(readFileSync(readme, 'utf8'), table)
const text = withTable(first, s3OperationsTable(), S3_MARKS)
writeFileSync(readme, await format(text, { ...(await resolveConfig(readme)), filepath: readme }))
