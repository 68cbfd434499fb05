import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFiles } from './base/files.ts'
import { ManualClock } from './base/manual-clock.ts'
import { systemRandom } from './base/random.ts'
import { LocalAccounts } from './local-accounts.ts'
import { openTokenKey, readTokenKey } from './local-directory.ts'
import type { AccountUid } from './model/identifiers.ts'

let dataDirectory: string
beforeEach(async () => (dataDirectory = await mkdtemp(join(tmpdir(), 'granary-accounts-'))))
afterEach(() => rm(dataDirectory, { recursive: true }))

const account = '9000000000000001' as AccountUid
const accessKey = { accessKeyId: 'own-key', accessKeySecret: 'own-secret' }
const write = (text: string) => writeFile(join(dataDirectory, 'accounts.json'), text)
const withUser = (name: string) => {
  const accessKeys = [{ accessKeyId: `key-${name}`, accessKeySecret: `${name}-secret` }]
  return JSON.stringify({ accounts: [{ users: [{ name, id: '3000000000000001', accessKeys }] }] })
}

async function open() {
  const clock = new ManualClock(0)
  const told: string[] = []
  const tell = (message: string, fields?: object) =>
    void told.push(`${message} ${JSON.stringify(fields ?? {})}`)
  const accounts = await LocalAccounts.open({
    ...{ files: nodeFiles, clock, random: systemRandom, dataDirectory, account, accessKey },
    logger: { info: tell, warn: tell, error: tell },
    tokenKey: await openTokenKey(nodeFiles, systemRandom, dataDirectory),
  })
  /** Lets the file be read until `holds`. */
  const until = async (holds: () => boolean) => {
    const deadlineMs = performance.now() + 5_000
    while (!holds()) {
      if (performance.now() > deadlineMs) throw new Error('It never came to hold')
      clock.advance(1_000)
      await new Promise((wake) => setTimeout(wake, 5))
    }
  }
  const has = (name: string) => accounts.directory.find(`key-${name}`) !== undefined
  return { accounts, told, until, has }
}

test('without a file there is the region itself', async () => {
  const { accounts } = await open()
  expect(accounts.directory.find('own-key')).toMatchObject({ account })
  accounts.stop()
})

test('the file is read at start, and again when it is changed or gone', async () => {
  await write(withUser('alice'))
  const { accounts, until, has, told } = await open()
  expect([has('alice'), has('bob')]).toEqual([true, false])
  await write(withUser('bob'))
  await until(() => has('bob'))
  expect(has('alice')).toBe(false)
  await rm(join(dataDirectory, 'accounts.json'))
  await until(() => !has('bob'))
  expect(told).toEqual(['The accounts are read again {}', 'The accounts are read again {}'])
  accounts.stop()
})

test('a mistake in the file stops a start, and tells where it is', async () => {
  await write(withUser('a b'))
  await expect(open()).rejects.toThrow(/Cannot read .*accounts\.json: name of user 1 of account 1/)
  await write('')
  await expect(open()).rejects.toThrow(/must be JSON/)
})

test('a mistake that is made later is told once, and changes nothing', async () => {
  await write(withUser('alice'))
  const { accounts, until, has, told } = await open()
  for (const text of ['', withUser('bob').slice(1), withUser('b b')]) {
    const count = told.length
    await write(text)
    await until(() => told.length > count)
    expect(has('alice')).toBe(true)
    await new Promise((wake) => setTimeout(wake, 20))
    expect(told).toHaveLength(count + 1)
    expect(told.at(-1)).toMatch(/^The accounts are not changed .*mistakes/)
  }
  await write(withUser('bob'))
  await until(() => has('bob'))
  accounts.stop()
})

test('the key of tokens is made once, for nobody else to read', async () => {
  await expect(readTokenKey(nodeFiles, dataDirectory)).rejects.toThrow(/holds no key/)
  const key = await openTokenKey(nodeFiles, systemRandom, dataDirectory)
  expect(key).toHaveLength(32)
  expect(await openTokenKey(nodeFiles, systemRandom, dataDirectory)).toEqual(key)
  expect(await readTokenKey(nodeFiles, dataDirectory)).toEqual(key)
  const path = join(dataDirectory, 'token-key.json')
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  await writeFile(path, '{"tokenKey":"short"}')
  await expect(openTokenKey(nodeFiles, systemRandom, dataDirectory)).rejects.toThrow(/no key/)
})
