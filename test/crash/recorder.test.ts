/**
 * The recorder sees everything, and the model of a disk gives its trace the meaning that it should.
 *
 * @module
 */

import { execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { recorderEnvironment } from './compile-recorder.ts'
import { DiskState } from './disk-state.ts'
import { SeededRandom } from './seeded-random.ts'
import { parseTrace, type TraceRecord } from './trace.ts'

const tree = join(import.meta.dirname, '..', '..')

let folder: string
let root: string
let trace: string
beforeEach(() => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'granary-recorder-'))
  root = join(folder, 'root')
  trace = join(folder, 'trace')
  mkdirSync(root)
})
afterEach(() => rmSync(folder, { recursive: true }))

function environment() {
  return { ...process.env, ...recorderEnvironment({ root, trace, syncMicroseconds: 0 }) }
}

/** Runs a program below the recorder and returns what it did. */
function run(program: string): TraceRecord[] {
  const arguments_ = ['--input-type=module', '-e', program, root]
  execFileSync(process.execPath, arguments_, { cwd: tree, env: environment(), stdio: 'inherit' })
  return parseTrace(readFileSync(trace))
}

function stateAfter(records: readonly TraceRecord[]): DiskState {
  const state = new DiskState()
  for (const record of records) state.apply(record)
  return state
}

/** Relative path -> content of every file below. */
function filesBelow(directory: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name)
    if (statSync(path).isFile() && !name.endsWith('/LOG')) {
      found[relative(directory, path)] = readFileSync(path, 'base64')
    }
  }
  return found
}

function written(state: DiskState): Record<string, string> {
  const image = mkdtempSync(join(folder, 'image-'))
  state.writeTo(join(image, 'root'))
  return filesBelow(join(image, 'root'))
}

const PROLOGUE = `
  import * as fs from 'node:fs'
  import * as fsp from 'node:fs/promises'
  const root = process.argv[1]
`

test('a trace rebuilds what a Node program wrote, whichever calls it used', () => {
  const records = run(`${PROLOGUE}
    await fsp.mkdir(root + '/a/b', { recursive: true })
    const file = await fsp.open(root + '/a/one', 'w')
    await file.writev([Buffer.from('abc'), Buffer.from('def')], 0)
    await file.write(Buffer.from('zz'), 0, 2, 10)
    await file.datasync()
    await file.truncate(11)
    await file.close()
    fs.writeFileSync(root + '/a/two', 'two')
    fs.appendFileSync(root + '/a//two', ' more')
    fs.renameSync(root + '/a/two', root + '/a/b/../three')
    fs.linkSync(root + '/a/three', root + '/four')
    fs.writeFileSync(root + '/gone', '')
    process.chdir(root)
    await fsp.unlink('gone')
    fs.writeFileSync('./a/one-more', Buffer.alloc(300000, 7))
    fs.rmSync(root + '/a/b', { recursive: true })
  `)
  expect(written(stateAfter(records))).toEqual(filesBelow(root))
})

test('a trace rebuilds what RocksDB wrote', () => {
  const records = run(`${PROLOGUE}
    const { default: RocksDB } = await import('rocksdb-native')
    const db = new RocksDB(root + '/state')
    await db.ready()
    for (let round = 0; round < 20; round++) {
      const batch = db.write()
      for (let i = 0; i < 200; i++) void batch.put('key' + (i * round), Buffer.alloc(500, round))
      await batch.flush()
      batch.destroy()
      if (round % 5 === 4) await db.flush()
    }
    await db.close()
  `)
  const rebuilt = written(stateAfter(records))
  expect(Object.keys(rebuilt).filter((name) => name.endsWith('.sst'))).not.toHaveLength(0)
  expect(rebuilt).toEqual(filesBelow(root))
})

test('what a killed program had written is in the trace', () => {
  const program = `${PROLOGUE}
    for (let i = 0; i < 1000; i++) fs.appendFileSync(root + '/file', 'line ' + i)
    process.kill(process.pid, 'SIGKILL')
  `
  spawnSync(process.execPath, ['--input-type=module', '-e', program, root], { env: environment() })
  const records = parseTrace(readFileSync(trace))
  expect(written(stateAfter(records).afterKill())).toEqual(filesBelow(root))
})

/** Every content of `file` that a power cut after the program may leave; undefined = no such file. */
function outcomes(program: string, seeds = 300): Set<string | undefined> {
  const state = stateAfter(
    run(`${PROLOGUE}
    const file = root + '/file'
    const sync = (path) => { const fd = fs.openSync(path, 'r'); fs.fsyncSync(fd); fs.closeSync(fd) }
    ${program}`),
  )
  const found = new Set<string | undefined>()
  for (let seed = 0; seed < seeds; seed++) {
    const content = written(state.afterPowerCut(new SeededRandom(seed)))['file']
    found.add(content === undefined ? undefined : summary(Buffer.from(content, 'base64')))
  }
  return found
}

/** One character a sector: the letter it is full of, '0' for zeros, '?' for a mixture. */
function summary(content: Buffer): string {
  let text = ''
  for (let at = 0; at < content.length; at += 512) {
    const sector = content.subarray(at, at + 512)
    const [first = 0] = sector
    text += !sector.every((byte) => byte === first)
      ? '?'
      : first === 0
        ? '0'
        : String.fromCharCode(first)
  }
  return text
}

const cases: [string, string, (string | undefined)[]][] = [
  [
    'a file whose bytes and name were synced is there',
    `fs.writeFileSync(file, 'a'.repeat(1024)); sync(file); sync(root)`,
    ['aa'],
  ],
  [
    'a name that was not synced may be gone',
    `fs.writeFileSync(file, 'a'.repeat(512)); sync(file)`,
    ['a', undefined],
  ],
  [
    'bytes that were not synced may be lost sector by sector',
    `fs.writeFileSync(file, 'a'.repeat(1024)); sync(file); sync(root)
     const fd = fs.openSync(file, 'r+'); fs.writeSync(fd, 'b'.repeat(1024), 0)`,
    ['aa', 'ab', 'ba', 'bb'],
  ],
  [
    'a sync covers nothing that came after it',
    `fs.writeFileSync(file, 'a'.repeat(512)); sync(file); sync(root); fs.appendFileSync(file, 'b'.repeat(512))`,
    ['a', 'ab', 'a0'],
  ],
  [
    'a rename that was not synced leaves the old or the new file',
    `fs.writeFileSync(file, 'a'.repeat(512)); sync(file); sync(root)
     fs.writeFileSync(root + '/new', 'b'.repeat(512)); sync(root + '/new'); fs.renameSync(root + '/new', file)`,
    ['a', 'b'],
  ],
  [
    'a removal that was not synced may not have happened',
    `fs.writeFileSync(file, 'a'.repeat(512)); sync(file); sync(root); fs.unlinkSync(file)`,
    ['a', undefined],
  ],
  [
    'a removal that was synced has happened',
    `fs.writeFileSync(file, 'a'.repeat(512)); sync(file); sync(root); fs.unlinkSync(file); sync(root)`,
    [undefined],
  ],
]
test.each(cases)('after a power cut %s', (_, program, expected) => {
  const found = outcomes(program)
  // Sizes between two sectors end in a torn last one.
  const whole = [...found].filter((outcome) => outcome === undefined || expected.includes(outcome))
  expect(new Set(whole)).toEqual(new Set(expected))
  for (const outcome of found) expect(outcome?.replace(/[0?]/g, '') ?? '').toMatch(/^[ab]{0,2}$/)
})

test('a kill keeps what was written, and a power cut after it may still take that', () => {
  const state = stateAfter(
    run(`${PROLOGUE}
    const fd = fs.openSync(root + '/file', 'w'); fs.writeSync(fd, 'a'.repeat(512))
  `),
  ).afterKill()
  expect(written(state)).toHaveProperty('file')
  const images = Array.from({ length: 50 }, (_, seed) =>
    written(state.afterPowerCut(new SeededRandom(seed))),
  )
  expect(images.filter((image) => !('file' in image))).not.toHaveLength(0)
})

test('a program that maps a file for writing is stopped, not half recorded', () => {
  const program = join(folder, 'mapper')
  const source = `
    #include <fcntl.h>
    #include <sys/mman.h>
    int main(int count, char **arguments) {
      int fd = open(arguments[1], O_RDWR | O_CREAT, 0600);
      return mmap(0, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED && count == 0;
    }`
  environment()
  execFileSync('gcc', ['-x', 'c', '-', '-o', program], { input: source })
  const { signal, stderr } = spawnSync(program, [join(root, 'file')], {
    env: environment(),
    encoding: 'utf8',
  })
  expect(signal).toBe('SIGABRT')
  expect(stderr).toContain('a writable shared mapping')
})
