/**
 * Root of `npm run generate`: writes what follows from the resources.
 *
 * @module
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedFiles, README_PATH } from './generated-files.ts'

const root = join(import.meta.dirname, '..', '..')

for (const { path, text } of generatedFiles(readFileSync(join(root, README_PATH), 'utf8'))) {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  console.log(path)
}
