import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PROGRAM_VERSION } from './versions.ts'

test.each(['package.json', 'storage-node/package.json'])('the version is that of %s', (path) => {
  const root = join(__dirname, '..', '..', '..')
  const { version } = JSON.parse(readFileSync(join(root, path), 'utf8')) as { version: string }
  expect(PROGRAM_VERSION).toBe(version)
})
