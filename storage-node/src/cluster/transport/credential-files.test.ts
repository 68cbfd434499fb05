import { copyFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '../../base/manual-clock.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import { FileCredentials } from './credential-files.ts'
import type { CredentialFiles } from './local-certificates.ts'
import { makeLocalCertificates } from './local-certificates.ts'
import { A, B, C, LineLog, REGION, TestNodes } from './transport-fixtures.ts'

const knows = { kind: 'knows', partition: 1 as PartitionId, uid: 'uid' } as const
const handler = { message() {}, request: async () => ({ knows: true }) }
const FILES = ['key', 'certificate', 'authority'] as const

let directory: string
const log = new LineLog()

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'granary-credentials-'))
  log.lines.length = 0
})
afterEach(() => rm(directory, { recursive: true }))

function makeIn(folder: string): Promise<ReadonlyMap<string, CredentialFiles>> {
  const options = { directory: join(directory, folder), region: REGION, names: [A, B, C] }
  return makeLocalCertificates(options)
}

test('keys are for their owner only, and the one that signed is gone', async () => {
  const made = await makeIn('made')
  expect((await stat(join(directory, 'made'))).mode & 0o777).toBe(0o700)
  expect((await stat(made.get(A)!.key)).mode & 0o777).toBe(0o600)
  await expect(stat(join(directory, 'made', 'authority.key'))).rejects.toThrow('ENOENT')
})

test('new credentials are taken without a connection being dropped', async () => {
  const clock = new ManualClock(0)
  const made = await makeIn('made')
  const nodes = new TestNodes()
  const sources = new Map<string, FileCredentials>()
  for (const store of [A, B]) {
    sources.set(store, await FileCredentials.open(made.get(store)!, clock, log))
  }
  const certificates = {
    of: (store: string) => sources.get(store)!,
    directory,
    remove: async () => {},
  }
  const a = await nodes.open({ store: A, certificates })
  const b = await nodes.open({ store: B, certificates })
  b.serve(handler)
  await a.request(B, knows, { deadlineMs: 5000 })
  await until(() => a.connectionCount === 3 && b.connectionCount === 3)

  const later = await makeIn('later')
  for (const store of [A, B]) await replace(made.get(store)!, later.get(store)!)
  clock.advance(10_000)
  await until(() => log.lines.filter((line) => line.includes('are taken')).length === 2)

  expect(await a.request(B, knows, { deadlineMs: 5000 })).toEqual({ knows: true })
  expect([a.connectionCount, b.connectionCount]).toEqual([3, 3])
  // A storage node that believes the later authority alone: both prove themselves with new credentials.
  sources.set(C, await FileCredentials.open(later.get(C)!, clock, log))
  const c = await nodes.open({ store: C, certificates })
  c.serve(handler)
  expect(await a.request(C, knows, { deadlineMs: 5000 })).toEqual({ knows: true })
  expect(await c.request(B, knows, { deadlineMs: 5000 })).toEqual({ knows: true })
  await nodes.close()
  for (const source of sources.values()) source.stop()
})

test('credentials that do not belong together are not taken', async () => {
  const clock = new ManualClock(0)
  const files = (await makeIn('made')).get(A)!
  const source = await FileCredentials.open(files, clock, log)
  const before = source.current()
  await writeFile(files.key, 'no key')
  clock.advance(10_000)
  await until(() => log.lines.length === 1)
  expect(log.lines[0]).toContain('New credentials are not taken')
  expect(log.lines[0]).not.toContain('no key')
  expect(source.current()).toBe(before)
  source.stop()
})

test('credentials that cannot be read stop the start', async () => {
  const files = (await makeIn('made')).get(A)!
  await rm(files.key)
  await expect(FileCredentials.open(files, new ManualClock(0), log)).rejects.toThrow('ENOENT')
})

async function replace(files: CredentialFiles, by: CredentialFiles): Promise<void> {
  for (const name of FILES) await copyFile(by[name], files[name])
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 500; !condition(); left--) {
    if (left === 0) throw new Error(`What was waited for has not come: ${log.lines.join('; ')}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
