/**
 * `npm run operations`: writes the table of operations into the README.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { parseSources, readTree } from '../tidy/source-tree.ts'
import { operationsTable, withTable } from './table.ts'

const readme = join(import.meta.dirname, '..', '..', 'README.md')
const text = withTable(readFileSync(readme, 'utf8'), operationsTable(parseSources(readTree())))
writeFileSync(readme, await format(text, { ...(await resolveConfig(readme)), filepath: readme }))
