/**
 * Secrets of access keys are in no file of a store: journal, RocksDB and all the rest have them sealed.
 *
 * @module
 */

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from './base/logger.ts'
import { systemRandom } from './base/random.ts'
import { openDiskRegion } from './disk-region.ts'
import type { AccessKeyId, AccountUid } from './model/identifiers.ts'
import { AccountDirectory } from './services/account-directory.ts'
import { ManagedAccounts } from './services/managed-accounts.ts'
import { RegionAccounts } from './services/region-accounts.ts'
import type { StorageNode } from './storage-node.ts'

const region = 'cn-hangzhou'
const account = '1000000000000001' as AccountUid
const SECRET = 'a-secret-that-nobody-else-has'
const ids = ['first-key', 'second-key'] as AccessKeyId[]
const keyRing = () => ({ keys: [{ id: 'k1', key: Buffer.alloc(32, 7) }] })

let directory: string
beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'granary-secrets-'))))
afterEach(() => rm(directory, { recursive: true }))

const open = () => {
  const fatal = (cause: Error) => {
    throw cause
  }
  return openDiskRegion({ directory, fatal, gcGraceMs: 1000 })
}

function accountsOf({ partitions, accessKeys: records }: StorageNode) {
  const random = systemRandom
  const listed = new AccountDirectory({ random, tokenKey: Buffer.alloc(32), ownKeys: [] })
  return {
    managed: new ManagedAccounts({ partitions, region, keyRing, random }),
    accounts: new RegionAccounts({
      ...{ region, records, keyRing, directory: listed, logger: silentLogger },
    }),
  }
}

/** Names of files that hold the text. */
async function filesWith(text: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const found = files.map(async ({ parentPath, name }) => {
    return (await readFile(join(parentPath, name))).includes(text) ? [name] : []
  })
  return (await Promise.all(found)).flat()
}

test('a secret that was put is on no disk, and is there after a restart', async () => {
  const node = await open()
  const { managed } = accountsOf(node)
  const user = { name: 'uploader', policies: [] }
  const wanted = { account, accessKeySecret: SECRET, enabled: true, expiresMs: undefined, user }
  await Promise.all(ids.map((id) => managed.putAccessKey(id, wanted)))
  // In the journal, before anything is flushed.
  expect(await filesWith('first-key')).not.toEqual([])
  expect(await filesWith(SECRET)).toEqual([])
  await node.stop()
  expect(await filesWith('second-key')).not.toEqual([])
  expect(await filesWith(SECRET)).toEqual([])

  const again = await open()
  const { accounts, managed: after } = accountsOf(again)
  expect(await accounts.find('first-key')).toMatchObject({ accessKeySecret: SECRET })
  expect(await after.listAccessKeys(account)).toHaveLength(2)
  await again.stop()
})
