/**
 * What file systems over object storage ask of a server, as the requests that they send, through npm `ali-oss`:
 * ossfs (directories as markers, attributes as metadata), JuiceFS (numbered blocks), Hadoop (rename by copy and
 * multi-delete, uploads in parts that another process resumes), and logs that grow by appends (oss.md 1.16, 6.11).
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { Case } from './cases.ts'
import { mustEqual } from './cases.ts'

interface Answer {
  readonly res: { readonly headers: Readonly<Record<string, string>>; readonly status: number }
}

interface ListedObject {
  readonly name: string
  readonly size: number
}

interface PartOf {
  readonly number: number
  readonly etag: string
}

/** What of the client these cases call. */
export interface FileSystemClient {
  useBucket(bucket: string): void
  putBucket(bucket: string): Promise<unknown>
  deleteBucket(bucket: string): Promise<unknown>
  put(key: string, body: Buffer, options?: object): Promise<Answer>
  get(key: string, options?: object): Promise<Answer & { content: Buffer }>
  head(key: string): Promise<Answer & { meta: Record<string, string> | null }>
  copy(key: string, from: string, options?: object): Promise<Answer>
  append(key: string, body: Buffer, options: object): Promise<{ nextAppendPosition: string }>
  delete(key: string): Promise<Answer>
  deleteMulti(keys: readonly string[], options: object): Promise<unknown>
  list(
    query: object,
  ): Promise<{ objects?: ListedObject[]; prefixes?: string[]; nextMarker?: string }>
  listV2(query: object): Promise<{ objects?: ListedObject[]; nextContinuationToken?: string }>
  initMultipartUpload(key: string): Promise<{ uploadId: string }>
  uploadPart(
    ...args: [key: string, uploadId: string, part: number, from: Buffer, start: number, end: number]
  ): Promise<{ etag: string }>
  listUploads(query: object): Promise<{ uploads?: { name: string; uploadId: string }[] }>
  listParts(
    key: string,
    uploadId: string,
    query: object,
  ): Promise<{ parts?: { PartNumber: string; ETag: string }[]; nextPartNumberMarker?: string }>
  completeMultipartUpload(key: string, uploadId: string, parts: readonly PartOf[]): Promise<Answer>
}

const CLIENT_COUNT = 16
const PAGE_SIZE = 1000
const FILES_PER_DIRECTORY = 99
const BLOCKS_PER_DIRECTORY = 1000
const LOG_COUNT = 20
/** The least that any part but the last may have. */
const PART_BYTES = 100 * 1024

/** Returns the cases, each about `entryCount` entries, in a bucket of their own. */
export function fileSystemCases(oss: FileSystemClient, bucket: string, entryCount: number): Case[] {
  return [
    {
      name: `ossfs makes, describes and removes a tree of ${entryCount} entries`,
      run: async () => {
        await oss.putBucket(bucket)
        oss.useBucket(bucket)
        return ossfsTree(oss, entryCount)
      },
    },
    {
      name: `JuiceFS keeps ${entryCount} blocks and lists them in order`,
      run: () => juiceBlocks(oss, entryCount),
    },
    {
      name: `Hadoop renames a directory of ${entryCount} files`,
      run: () => hadoopRename(oss, entryCount),
    },
    {
      name: `an upload of ${entryCount} parts is resumed by another process`,
      run: () => resumedUpload(oss, entryCount),
    },
    { name: `logs grow by ${entryCount} appends`, run: () => growingLogs(oss, entryCount) },
    { name: 'nothing is left', run: () => removed(oss, bucket) },
  ]
}

/** Directories with their markers and files; modes and times are metadata that a copy onto itself changes. */
async function ossfsTree(oss: FileSystemClient, entryCount: number): Promise<void> {
  const directoryCount = Math.ceil(entryCount / (FILES_PER_DIRECTORY + 1))
  const directories = numbered(directoryCount).map((at) => `mount/${padded(at)}/`)
  const meta = { mode: '33188', uid: '1000', mtime: '1700000000' }
  const files = directories.flatMap((directory) =>
    numbered(FILES_PER_DIRECTORY).map((at) => `${directory}file-${padded(at)}`),
  )
  await each(directories, (key) =>
    oss.put(key, Buffer.alloc(0), { meta: { ...meta, mode: '16877' } }),
  )
  await each(files, (key) => oss.put(key, Buffer.from(key), { meta }))
  const levels = await levelOf(oss, 'mount/')
  mustEqual(levels.prefixes, directories)
  await each(directories, async (directory) => {
    const { names } = await levelOf(oss, directory)
    mustEqual(names, [directory, ...files.filter((key) => key.startsWith(directory))])
    // A stat of a name without its slash has to miss.
    mustEqual(await statusOf(oss.head(directory.slice(0, -1))), 404)
  })
  const [changed = ''] = files
  await oss.copy(changed, changed, { meta: { ...meta, mode: '33206' } })
  mustEqual((await oss.head(changed)).meta?.['mode'], '33206')
  mustEqual((await oss.get(changed)).content.toString(), changed)
  await each(files, (key) => oss.delete(key))
  for (const directory of directories) {
    mustEqual((await levelOf(oss, directory)).names, [directory])
    await oss.delete(directory)
  }
  mustEqual(await namesBelow(oss, 'mount/'), [])
}

/** Blocks under numbered folders, walked without a delimiter in byte order. */
async function juiceBlocks(oss: FileSystemClient, entryCount: number): Promise<void> {
  const blocks = numbered(entryCount).map(
    (at) => `juice/chunks/0/${Math.floor(at / BLOCKS_PER_DIRECTORY)}/${at}_0_4096`,
  )
  await each(blocks, (key) => oss.put(key, Buffer.from(key)))
  mustEqual(await namesBelow(oss, 'juice/chunks/'), [...blocks].sort())
  const [first = '', last = ''] = [blocks[0], blocks.at(-1)]
  for (const key of [first, last]) {
    const range = await oss.get(key, { headers: { Range: 'bytes=6-11' } })
    mustEqual([range.res.status, range.content.toString()], [206, key.slice(6, 12)])
  }
  await removeAll(oss, blocks)
}

/** No rename in the API: each file is copied, then a thousand at a time are deleted. */
async function hadoopRename(oss: FileSystemClient, entryCount: number): Promise<void> {
  const names = numbered(entryCount).map((at) => `part-${padded(at)}`)
  await oss.put('warehouse/_temporary/', Buffer.alloc(0))
  await each(names, (name) => oss.put(`warehouse/_temporary/${name}`, Buffer.from(name)))
  await oss.put('warehouse/table/', Buffer.alloc(0))
  await each(names, (name) => oss.copy(`warehouse/table/${name}`, `warehouse/_temporary/${name}`))
  await removeAll(oss, [
    ...names.map((name) => `warehouse/_temporary/${name}`),
    'warehouse/_temporary/',
  ])
  const moved = ['', ...names].map((name) => `warehouse/table/${name}`)
  mustEqual(await namesBelow(oss, 'warehouse/'), moved)
  await each(names, async (name) => {
    mustEqual((await oss.get(`warehouse/table/${name}`)).content.toString(), name)
  })
  await removeAll(oss, moved)
}

/** The first process dies after every other part; the next one finds the upload and sends what is missing. */
async function resumedUpload(oss: FileSystemClient, partCount: number): Promise<string> {
  const key = 'warehouse/large'
  const { uploadId } = await oss.initMultipartUpload(key)
  const send = (at: number) => oss.uploadPart(key, uploadId, at + 1, partBytes(at), 0, PART_BYTES)
  const numbers = numbered(partCount)
  await each(
    numbers.filter((at) => at % 2 === 0),
    send,
  )
  const { uploads = [] } = await oss.listUploads({ prefix: 'warehouse/', 'max-uploads': 1000 })
  mustEqual(uploads, [{ ...uploads[0], name: key, uploadId }])
  const stored = await partsOf(oss, key, uploadId)
  mustEqual(stored.length, Math.ceil(partCount / 2))
  const missing = numbers.filter((at) => !stored.some(({ number }) => number === at + 1))
  await each(missing, send)
  const parts = await partsOf(oss, key, uploadId)
  mustEqual(parts.length, partCount)
  const startedMs = performance.now()
  await oss.completeMultipartUpload(key, uploadId, parts)
  const completeMs = performance.now() - startedMs
  await mustHaveParts(oss, key, partCount)
  await oss.delete(key)
  return `completed in ${completeMs.toFixed(0)} ms`
}

async function mustHaveParts(oss: FileSystemClient, key: string, partCount: number) {
  const wanted = createHash('sha256')
  const found = createHash('sha256')
  const partsPerRead = 100
  for (let at = 0; at < partCount; at++) {
    wanted.update(partBytes(at))
    if (at % partsPerRead !== 0) continue
    const end = Math.min(partCount, at + partsPerRead) * PART_BYTES - 1
    const range = { headers: { Range: `bytes=${at * PART_BYTES}-${end}` } }
    found.update((await oss.get(key, range)).content)
  }
  mustEqual(found.digest('hex'), wanted.digest('hex'))
}

async function growingLogs(oss: FileSystemClient, appendCount: number): Promise<void> {
  const logs = numbered(LOG_COUNT).map((at) => `logs/${padded(at)}`)
  const lineCount = Math.ceil(appendCount / LOG_COUNT)
  await each(logs, async (key) => {
    let position = '0'
    for (const at of numbered(lineCount)) {
      const { nextAppendPosition } = await oss.append(key, Buffer.from(`${at}\n`), { position })
      position = nextAppendPosition
    }
    const lines = (await oss.get(key)).content.toString()
    mustEqual(
      lines,
      numbered(lineCount)
        .map((at) => `${at}\n`)
        .join(''),
    )
  })
  await removeAll(oss, logs)
}

async function removed(oss: FileSystemClient, bucket: string): Promise<void> {
  mustEqual(await namesBelow(oss, ''), [])
  await oss.deleteBucket(bucket)
}

/** Names of a level by pages, as ossfs reads a directory. */
async function levelOf(oss: FileSystemClient, prefix: string) {
  const names: string[] = []
  const prefixes: string[] = []
  for (let marker: string | undefined = ''; marker !== undefined;) {
    const query = { prefix, delimiter: '/', marker, 'max-keys': PAGE_SIZE }
    const page = await oss.list(query)
    names.push(...(page.objects ?? []).map(({ name }) => name))
    prefixes.push(...(page.prefixes ?? []))
    marker = page.nextMarker || undefined
  }
  return { names, prefixes }
}

async function namesBelow(oss: FileSystemClient, prefix: string): Promise<string[]> {
  const names: string[] = []
  for (let token: string | undefined = ''; token !== undefined;) {
    const query = { prefix, 'max-keys': PAGE_SIZE, ...(token && { 'continuation-token': token }) }
    const page = await oss.listV2(query)
    names.push(...(page.objects ?? []).map(({ name }) => name))
    token = page.nextContinuationToken || undefined
  }
  return names
}

async function partsOf(oss: FileSystemClient, key: string, uploadId: string): Promise<PartOf[]> {
  const parts: PartOf[] = []
  for (let marker: string | undefined = '0'; marker !== undefined;) {
    const query = { 'max-parts': PAGE_SIZE, 'part-number-marker': marker }
    const page = await oss.listParts(key, uploadId, query)
    const listed = page.parts ?? []
    parts.push(
      ...listed.map(({ PartNumber, ETag }) => ({ number: Number(PartNumber), etag: ETag })),
    )
    marker = listed.length < PAGE_SIZE ? undefined : page.nextPartNumberMarker
  }
  return parts
}

async function removeAll(oss: FileSystemClient, keys: readonly string[]): Promise<void> {
  for (let at = 0; at < keys.length; at += PAGE_SIZE) {
    await oss.deleteMulti(keys.slice(at, at + PAGE_SIZE), { quiet: true })
  }
}

/** Each part is its own number, again and again. */
function partBytes(at: number): Buffer {
  const part = Buffer.alloc(PART_BYTES)
  for (let offset = 0; offset < PART_BYTES; offset += 4) part.writeUInt32LE(at, offset)
  return part
}

/** Calls `use` for every one, some at a time. */
async function each<T>(all: readonly T[], use: (one: T) => Promise<unknown>): Promise<void> {
  const waiting = [...all].reverse()
  const clients = numbered(CLIENT_COUNT).map(async () => {
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) await use(one)
  })
  await Promise.all(clients)
}

const numbered = (count: number) => Array.from({ length: count }, (_, at) => at)

const padded = (at: number) => String(at).padStart(5, '0')

async function statusOf(call: Promise<Answer>): Promise<number> {
  return call.then(
    ({ res }) => res.status,
    (error: { status?: number }) => error.status ?? 0,
  )
}
