/**
 * C1: the clients from npm, unchanged, against the real server; one body for all of them.
 *
 * @module
 */

import dns from 'node:dns'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalServer } from '../support/local-server.ts'
import type { LocalServer } from '../support/local-server.ts'
import type { Access } from '../support/oss-request.ts'
import { aliOssClient } from './npm-clients/ali-oss-client.ts'
import { ossClientClient } from './npm-clients/oss-client-client.ts'
import { oss20190517Client } from './npm-clients/oss20190517-client.ts'
import { errorCode } from './npm-clients/smoke-client.ts'
import type { SmokeClient } from './npm-clients/smoke-client.ts'

const PART_BYTES = 128 * 1024
const systemLookup = dns.lookup

let folder: string
let server: LocalServer
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-clients-'))
  server = await startLocalServer({ data: folder })
  // Names below .localhost are this machine (RFC 6761), also where the resolver does not know it.
  jest.spyOn(dns, 'lookup').mockImplementation(((name: string, ...rest: never[]) => {
    return (systemLookup as (...args: unknown[]) => void)(
      name.endsWith('.localhost') ? 'localhost' : name,
      ...rest,
    )
  }) as never)
})
afterAll(async () => {
  jest.restoreAllMocks()
  await server.end('SIGTERM')
  rmSync(folder, { recursive: true })
})

const clients: [string, (access: Access) => SmokeClient][] = [
  ['ali-oss with V1', (access) => aliOssClient(access, false)],
  ['ali-oss with V4', (access) => aliOssClient(access, true)],
  ['@alicloud/oss-client with V2', ossClientClient],
  ['@alicloud/oss20190517 with V1', oss20190517Client],
]

describe.each(clients)('%s', (name, makeClient) => {
  const bucket = `smoke-${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
  let client: SmokeClient
  beforeAll(() => {
    const { port } = new URL(server.access.endpoint)
    client = makeClient({ ...server.access, endpoint: `http://oss-cn-hangzhou.localhost:${port}` })
  })

  test('makes a bucket', () => client.makeBucket(bucket))

  test('puts and gets an object with its metadata', async () => {
    const body = Buffer.from('Granary keeps grain\n')
    await client.put(bucket, client.oddKey, body, 'blue')
    expect(await client.get(bucket, client.oddKey)).toEqual(body)
    expect(await client.colour(bucket, client.oddKey)).toBe('blue')
  })

  test('puts and gets a megabyte of every byte', async () => {
    const body = Buffer.from(Array.from({ length: 1024 ** 2 }, (_, index) => (index * 7919) >> 3))
    await client.put(bucket, 'large', body, 'green')
    expect((await client.get(bucket, 'large')).equals(body)).toBe(true)
  })

  test('copies and lists', async () => {
    await client.copy(bucket, 'large', 'folder/copy')
    expect(await client.list(bucket, 'folder/')).toEqual(['folder/copy', client.oddKey])
  })

  test('appends', async () => {
    const next = await client.append(bucket, 'log', 0, Buffer.from('first\n'))
    expect(next).toBe(6)
    expect(await client.append(bucket, 'log', next, Buffer.from('second\n'))).toBe(13)
    expect((await client.get(bucket, 'log')).toString()).toBe('first\nsecond\n')
    const late = client.append(bucket, 'log', 6, Buffer.from('again\n'))
    expect(errorCode(await late.catch((error: unknown) => error))).toBe('PositionNotEqualToLength')
  })

  test('uploads in parts', async () => {
    const parts = [
      Buffer.alloc(PART_BYTES, 'a'),
      Buffer.alloc(PART_BYTES, 'b'),
      Buffer.from('the rest'),
    ]
    const uploadId = await client.startUpload(bucket, 'parts')
    const etags: string[] = []
    for (const [index, part] of parts.entries()) {
      etags.push(await client.putPart(bucket, 'parts', uploadId, index + 1, part))
    }
    await client.completeUpload(bucket, 'parts', uploadId, etags)
    expect((await client.get(bucket, 'parts')).equals(Buffer.concat(parts))).toBe(true)
  })

  test('reads the code of an error', async () => {
    const failed = await client.get(bucket, 'missing').catch((error: unknown) => error)
    expect(errorCode(failed)).toBe('NoSuchKey')
    const refused = await client.removeBucket(bucket).catch((error: unknown) => error)
    expect(errorCode(refused)).toBe('BucketNotEmpty')
  })

  test('removes one object, many, and the bucket', async () => {
    await client.remove(bucket, 'large')
    await client.removeMany(bucket, ['folder/copy', client.oddKey, 'log', 'parts'])
    expect(await client.list(bucket, '')).toEqual([])
    await client.removeBucket(bucket)
  })
})
