/**
 * RocksDB opens after a power cut in the middle of a flush, whatever the cut left of its MANIFEST.
 *
 * @module
 */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRocksdbEngine } from './rocksdb-engine.ts'
import { tornAt } from './rocksdb-manifest.ts'

let folder: string
/** A directory as a kill right behind a flush leaves it, and its MANIFEST before and after. */
let directory: string
let manifest: string
let before: Buffer
let after: Buffer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-manifest-'))
  const engine = await openRocksdbEngine({ path: join(folder, 'live') })
  for (const name of ['x', 'y', 'a', 'b']) {
    await engine.write([{ key: Buffer.from(name), value: Buffer.from(name) }])
    if (name === 'b') before = readFileSync(manifestOf(join(folder, 'live')))
    await engine.flush()
  }
  directory = join(folder, 'image')
  cpSync(join(folder, 'live'), directory, { recursive: true })
  await engine.close()
  manifest = manifestOf(directory)
  after = readFileSync(manifest)
})
afterAll(() => rmSync(folder, { recursive: true }))

function manifestOf(path: string): string {
  const name = readdirSync(path).filter((file) => file.startsWith('MANIFEST-'))
  return join(path, name.at(-1) ?? '')
}

async function rowsWith(content: Uint8Array): Promise<string[]> {
  const path = join(folder, 'opened')
  rmSync(path, { recursive: true, force: true })
  cpSync(directory, path, { recursive: true })
  writeFileSync(manifestOf(path), content)
  const engine = await openRocksdbEngine({ path })
  const range = { start: Buffer.of(0), end: Buffer.of(255) }
  const rows = await engine.scan(range, { limit: 10 })
  await engine.close()
  return rows.map(({ key }) => Buffer.from(key).toString())
}

/** The last record with zeros from `from` to `to`. */
function torn(from: number, to: number): Buffer {
  return Buffer.from(after).fill(0, before.length + from, before.length + to)
}

test('a MANIFEST that is whole is not touched', () => {
  expect([before, after, Buffer.alloc(0)].map(tornAt)).toEqual([undefined, undefined, undefined])
})

test('wherever the records of the last flush are torn, they are cut and nothing else', () => {
  const size = after.length - before.length
  const ends = new Set<number | undefined>()
  for (let at = 1; at < size; at++) {
    ends.add(tornAt(torn(0, at)) ?? after.length)
    ends.add(tornAt(torn(at, size)) ?? after.length)
    ends.add(tornAt(after.subarray(0, before.length + at)) ?? before.length + at)
  }
  // A flush adds two records, of which the first may be whole, and zeros may tear nothing.
  expect([...ends].every((end) => end !== undefined && end >= before.length)).toBe(true)
  expect(ends.size).toBeLessThanOrEqual(3)
  expect(ends).toContain(before.length)
})

test('a damaged record with many good ones behind it is left for RocksDB to refuse', async () => {
  const rotten = Buffer.from(after)
  rotten.writeUInt8(rotten.readUInt8(20) ^ 1, 20)
  expect(tornAt(rotten)).toBeUndefined()
  await expect(rowsWith(rotten)).rejects.toThrow('Cannot open RocksDB')
})

test.each([
  ['whole', () => after, ['a', 'b', 'x', 'y']],
  ['torn in the middle', () => torn(20, 40), ['a', 'x', 'y']],
  ['torn at their start', () => torn(0, 10), ['a', 'x', 'y']],
  ['lost but for their length', () => torn(0, after.length - before.length), ['a', 'x', 'y']],
  ['too short', () => after.subarray(0, before.length + 20), ['a', 'x', 'y']],
])('RocksDB opens when the last records are %s', async (_, content, rows) => {
  expect(await rowsWith(content())).toEqual(rows)
})
