import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFiles } from './base/files.ts'
import { systemRandom } from './base/random.ts'
import { parseLocalConfig } from './config.ts'
import { checkIdentity, openAccessKey, openIdentity, storeDirectories } from './local-directory.ts'

let directory: string
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'granary-directory-'))))
afterEach(() => rm(directory, { recursive: true }))

const config = (...args: string[]) => parseLocalConfig(['--data', directory, ...args], {})
const open = (...args: string[]) => openIdentity(nodeFiles, systemRandom, config(...args))
const key = (...args: string[]) => openAccessKey(nodeFiles, systemRandom, config(...args))

test('a region keeps its account', async () => {
  const first = await open()
  expect(first).toEqual({
    format: 1,
    zones: 3,
    region: 'cn-hangzhou',
    account: expect.stringMatching(/^[1-9]\d{15}$/),
  })
  expect(await open()).toEqual(first)
})

test('a directory of another region is refused before anything is opened', async () => {
  await open()
  await expect(checkIdentity(nodeFiles, config('--region', 'eu-1'))).rejects.toThrow(
    `Cannot use ${directory}: it holds region "cn-hangzhou" with 3 zones, not "eu-1" with 3 zones`,
  )
})

test('a directory remembers its zones', async () => {
  expect(await checkIdentity(nodeFiles, config())).toBe(3)
  await open('--zones', '1')
  expect(await checkIdentity(nodeFiles, config())).toBe(1)
  await expect(checkIdentity(nodeFiles, config('--zones', '3'))).rejects.toThrow(
    `Cannot use ${directory}: it holds region "cn-hangzhou" with 1 zone, not "cn-hangzhou" with 3 zones`,
  )
})

test('each zone has a directory of its own', () => {
  expect(storeDirectories('/data', 1)).toEqual([{ zone: 'a', directory: '/data/store' }])
  expect(storeDirectories('/data', 3).map(({ directory: path }) => path)).toEqual([
    '/data/zone-a',
    '/data/zone-b',
    '/data/zone-c',
  ])
})

test.each([
  ['{"format":2}', 'its format is 2, this version reads up to 1'],
  ['{}', 'it is damaged'],
  ['{', 'it is damaged'],
  ['null', 'it is damaged'],
  ['', 'it is damaged'],
])('a region file with %s is refused', async (text, message) => {
  await writeFile(join(directory, 'region.json'), text)
  await expect(checkIdentity(nodeFiles, config())).rejects.toThrow(message)
})

test('the key pair is made once, and readable by its owner only', async () => {
  const pair = await key()
  expect(pair.accessKeyId).toMatch(/^GRANARY\w{17}$/)
  expect(pair.accessKeySecret).toMatch(/^\w{40}$/)
  expect(await key()).toEqual(pair)
  expect((await stat(join(directory, 'access-key.json'))).mode & 0o777).toBe(0o600)
})

test('a pair that is given is kept for the starts that follow', async () => {
  await key()
  const given = { accessKeyId: 'id', accessKeySecret: 'secret' }
  expect(await key('--access-key-id', 'id', '--access-key-secret', 'secret')).toEqual(given)
  expect(await key()).toEqual(given)
})

test('what an interrupted start left is no obstacle', async () => {
  await writeFile(join(directory, 'access-key.json.new'), '{"acc')
  await key()
  expect(await readFile(join(directory, 'access-key.json'), 'utf8')).toContain('GRANARY')
})
