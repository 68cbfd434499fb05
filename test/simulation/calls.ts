/**
 * The calls that simulated clients make, each as the API would make it: first the bucket, then what
 * is asked of it.
 *
 * @module
 */

import type { WriteCondition } from './checkers/history.ts'
import { blockOf, blocksIn } from './contents.ts'
import type { BucketRecord, ObjectMetadata, RunningNode } from './running-node.ts'
import { countText, saidText, wholeBytes, wholeMetadata } from './whole-objects.ts'

type BucketName = Parameters<RunningNode['buckets']['find']>[0]
type ObjectKey = Parameters<RunningNode['objects']['find']>[1]
type ObjectRecord = Awaited<ReturnType<RunningNode['objects']['find']>>
type VersionId = NonNullable<Parameters<RunningNode['objects']['find']>[2]>
type Owner = BucketRecord['owner']

const OWNER = '1000000000000001' as Owner
const ACCESS_KEY_ID = 'the-key' as Parameters<RunningNode['managed']['deleteAccessKey']>[0]
const LIST_PAGE_KEYS = 3

/** Of buckets and objects. */
const TAG = 'tag'
const ONE_BLOCK = blockOf(0, 16)

const METADATA: ObjectMetadata = {
  contentType: 'text/plain',
  headers: [],
  userMetadata: [],
  storageClass: 'Standard',
  acl: 'default',
  tags: [],
}

/** An object as a client sees it. */
export interface SeenObject {
  readonly etag: string
  readonly sizeBytes: number
}

/** The same where the whole record is told. */
export interface SeenRecord extends SeenObject {
  readonly contentMd5: string | undefined
}

/** An object of a class that has to be restored: what its row says, and its bytes where they are given away. */
export interface FrozenObject {
  readonly etag: string
  readonly restore: { readonly readyMs: number; readonly expiresMs: number } | undefined
  readonly bytes?: Uint8Array
}

/** A refusal that the API makes itself; looks like the product's own. */
class ClientRefusal extends Error {
  readonly code: string
  readonly status = 404

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

/** One client's calls on one storage node. */
export class Calls {
  readonly #node: RunningNode
  readonly #signal: AbortSignal
  /** Lets time pass between the pieces of a body. */
  readonly #dawdle: () => Promise<void>

  constructor(node: RunningNode, signal: AbortSignal, dawdle: () => Promise<void>) {
    this.#node = node
    this.#signal = signal
    this.#dawdle = dawdle
  }

  /** Returns its bucketId. */
  async makeBucket(name: string): Promise<string> {
    const { record } = await this.#node.buckets.create({
      name: name as BucketName,
      owner: OWNER,
      acl: undefined,
      storageClass: 'Standard',
      dataRedundancy: 'LRS',
    })
    return record.bucketId
  }

  async bucketIdOf(name: string): Promise<string> {
    return (await this.#bucket(name)).bucketId
  }

  async deleteBucket(name: string): Promise<void> {
    await this.#node.buckets.delete(await this.#bucket(name))
  }

  async put(
    bucket: string,
    key: string,
    bytes: Uint8Array,
    forbidOverwrite: boolean,
    required?: WriteCondition,
  ): Promise<SeenRecord> {
    const record = await this.#bucket(bucket)
    const condition = required && conditionOf(required)
    const request = { ...this.#request(bytes, forbidOverwrite), condition }
    return this.#node.objects.put(record, key as ObjectKey, request)
  }

  async append(
    bucket: string,
    key: string,
    position: number,
    bytes: Uint8Array,
  ): Promise<SeenRecord> {
    const record = await this.#bucket(bucket)
    const request = this.#request(bytes, false)
    return this.#node.objects.append(record, key as ObjectKey, position, request)
  }

  async head(bucket: string, key: string): Promise<SeenRecord> {
    return this.#node.objects.find(await this.#bucket(bucket), key as ObjectKey)
  }

  async get(
    bucket: string,
    key: string,
  ): Promise<{ readonly record: SeenRecord; readonly bytes: Uint8Array }> {
    const open = await this.#node.objects.read(await this.#bucket(bucket), key as ObjectKey)
    const pieces: Uint8Array[] = []
    await open.body().send(async (piece) => {
      pieces.push(piece.slice())
      await this.#dawdle()
    }, this.#signal)
    return { record: open.record, bytes: Buffer.concat(pieces) }
  }

  async delete(bucket: string, key: string, required?: WriteCondition): Promise<void> {
    const record = await this.#bucket(bucket)
    const condition = required && conditionOf(required)
    await this.#node.objects.delete(record, key as ObjectKey, undefined, condition)
  }

  /** Makes a bucket that keeps versions. */
  async makeVersionedBucket(name: string): Promise<void> {
    await this.makeBucket(name)
    const setting = { kind: 'versioning', value: 'Enabled' } as const
    await this.#node.buckets.putSetting(await this.#bucket(name), setting)
  }

  /** Returns the identifier of the version. */
  async putVersion(bucket: string, key: string, bytes: Uint8Array): Promise<string> {
    const record = await this.#bucket(bucket)
    const request = this.#request(bytes, false)
    return (await this.#node.objects.put(record, key as ObjectKey, request)).versionId
  }

  async getVersion(bucket: string, key: string, versionId: string): Promise<Uint8Array> {
    const record = await this.#bucket(bucket)
    const open = await this.#node.objects.read(record, key as ObjectKey, versionId as VersionId)
    const pieces: Uint8Array[] = []
    await open.body().send(async (piece) => {
      pieces.push(piece.slice())
      await this.#dawdle()
    }, this.#signal)
    return Buffer.concat(pieces)
  }

  async deleteVersion(bucket: string, key: string, versionId: string): Promise<void> {
    const record = await this.#bucket(bucket)
    await this.#node.objects.delete(record, key as ObjectKey, versionId as VersionId)
  }

  /** Identifiers page by page, delete markers left out. */
  async listVersions(bucket: string): Promise<string[]> {
    const record = await this.#bucket(bucket)
    const seen: string[] = []
    let [after, afterVersionId]: [string, VersionId | undefined] = ['', undefined]
    for (;;) {
      const options = { prefix: '', delimiter: '', after, afterVersionId }
      const page = await this.#node.listings.listVersions(record, {
        ...options,
        maxKeys: LIST_PAGE_KEYS,
      })
      for (const { versionId, isDeleteMarker } of page.versions) {
        if (!isDeleteMarker) seen.push(versionId)
      }
      if (!page.isTruncated || page.next === undefined) return seen
      ;[after, afterVersionId] = [page.next, page.nextVersionId]
    }
  }

  /** Begins an upload and stores its parts. */
  async upload(
    bucket: string,
    key: string,
    parts: readonly Uint8Array[],
    isSequential = false,
  ): Promise<{ readonly uploadId: string; readonly etags: readonly string[] }> {
    const record = await this.#bucket(bucket)
    const { uploads } = this.#node
    const request = { metadata: METADATA, forbidOverwrite: false, isSequential }
    const { uploadId } = await uploads.initiate(record, key as ObjectKey, request)
    const etags: string[] = []
    for (const [index, bytes] of parts.entries()) {
      const { body, contentMd5, signal } = this.#request(bytes, false)
      const partNumber = index + 1
      const part = { body, contentMd5, signal }
      const stored = await uploads.putPart(record, key as ObjectKey, uploadId, partNumber, part)
      etags.push(stored.md5.toUpperCase())
    }
    return { uploadId, etags }
  }

  async complete(
    bucket: string,
    key: string,
    uploadId: string,
    etags: readonly string[],
  ): Promise<SeenRecord> {
    const record = await this.#bucket(bucket)
    const parts = etags.map((etag, index) => ({ partNumber: index + 1, etag }))
    const options = { forbidOverwrite: false }
    return this.#node.uploads.complete(record, key as ObjectKey, uploadId, parts, options)
  }

  async setBucketTag(bucket: string, value: string): Promise<void> {
    const setting = { kind: 'tags', value: [[TAG, value]] } as const
    await this.#node.buckets.putSetting(await this.#bucket(bucket), setting)
  }

  async bucketTag(bucket: string): Promise<string> {
    return tagIn((await this.#bucket(bucket)).tags)
  }

  async setBucketAcl(bucket: string, acl: string): Promise<void> {
    await this.#node.buckets.setAcl(await this.#bucket(bucket), acl as BucketRecord['acl'])
  }

  async bucketAcl(bucket: string): Promise<string> {
    return (await this.#bucket(bucket)).acl
  }

  async setBucketPolicy(bucket: string, policy: string): Promise<void> {
    const setting = { kind: 'policy', value: policy } as const
    await this.#node.buckets.putSetting(await this.#bucket(bucket), setting)
  }

  async bucketPolicy(bucket: string): Promise<string> {
    return (await this.#bucket(bucket)).policy ?? ''
  }

  async setVersioning(bucket: string, value: 'Enabled' | 'Suspended'): Promise<void> {
    const setting = { kind: 'versioning', value } as const
    await this.#node.buckets.putSetting(await this.#bucket(bucket), setting)
  }

  async versioning(bucket: string): Promise<string> {
    return (await this.#bucket(bucket)).versioning
  }

  /** Whether the account forbids public access to any of its buckets. */
  async setAccountBlock(publicAccessBlock: boolean): Promise<void> {
    await this.#node.accounts.putSettings(OWNER, { publicAccessBlock })
  }

  /** The same, as the record of a bucket has it. */
  async accountBlock(bucket: string): Promise<string> {
    return String((await this.#bucket(bucket)).ownerPublicAccessBlock)
  }

  /** An access key as a text says: nothing, or `on` or `off` and a number, which its secret has. */
  async setAccessKey(text: string): Promise<void> {
    const { managed } = this.#node
    if (text === '') return managed.deleteAccessKey(ACCESS_KEY_ID)
    const [state, number] = text.split(' ')
    await managed.putAccessKey(ACCESS_KEY_ID, {
      ...{ account: OWNER, accessKeySecret: `secret-${number}`, enabled: state === 'on' },
      ...{ expiresMs: undefined, user: undefined },
    })
  }

  /** The same text, as the storage node takes the access key at this moment. */
  async accessKey(): Promise<string> {
    const key = await this.#node.accessKeys.find(ACCESS_KEY_ID)
    if (key === undefined) return ''
    const { enabled, accessKeySecret } = key
    return `${enabled ? 'on' : 'off'} ${accessKeySecret.replace('secret-', '')}`
  }

  async putTagged(bucket: string, key: string, value: string): Promise<void> {
    const record = await this.#bucket(bucket)
    const request = this.#request(ONE_BLOCK, false)
    const metadata: ObjectMetadata = { ...METADATA, tags: [[TAG, value]] }
    await this.#node.objects.put(record, key as ObjectKey, { ...request, metadata })
  }

  async setObjectTag(bucket: string, key: string, value: string): Promise<void> {
    const amendment = { kind: 'tags', tags: [[TAG, value]] } as const
    const record = await this.#bucket(bucket)
    await this.#node.objects.amend(record, key as ObjectKey, undefined, amendment)
  }

  async objectTag(bucket: string, key: string): Promise<string> {
    return tagIn((await this.#find(bucket, key)).tags)
  }

  async setObjectAcl(bucket: string, key: string, acl: string): Promise<void> {
    const amendment = { kind: 'acl', acl: acl as ObjectMetadata['acl'] } as const
    const record = await this.#bucket(bucket)
    await this.#node.objects.amend(record, key as ObjectKey, undefined, amendment)
  }

  async objectAcl(bucket: string, key: string): Promise<string> {
    return (await this.#find(bucket, key)).acl
  }

  async putSymlink(bucket: string, key: string, target: string): Promise<void> {
    const record = await this.#bucket(bucket)
    const request = { target: target as ObjectKey, metadata: METADATA, forbidOverwrite: false }
    await this.#node.objects.putSymlink(record, key as ObjectKey, request)
  }

  async symlinkTarget(bucket: string, key: string): Promise<string> {
    return (await this.#find(bucket, key)).symlinkTarget ?? 'no link'
  }

  /** The first append of all. */
  async appendFirst(bucket: string, key: string): Promise<void> {
    await this.append(bucket, key, 0, ONE_BLOCK)
  }

  /** Seals what has grown no further. */
  async seal(bucket: string, key: string): Promise<void> {
    const amendment = { kind: 'seal', position: ONE_BLOCK.byteLength } as const
    const record = await this.#bucket(bucket)
    await this.#node.objects.amend(record, key as ObjectKey, undefined, amendment)
  }

  async sealOf(bucket: string, key: string): Promise<string> {
    return (await this.#find(bucket, key)).sealedMs === undefined ? 'open' : 'sealed'
  }

  /** Puts an object of which everything says `number`: its bytes, its tag, its metadata and its ACL. */
  async putWhole(bucket: string, key: string, number: number): Promise<void> {
    const record = await this.#bucket(bucket)
    const request = this.#request(wholeBytes(number), false)
    const metadata = { ...METADATA, ...wholeMetadata(number) }
    await this.#node.objects.put(record, key as ObjectKey, { ...request, metadata })
  }

  /** The same in parts, after an upload that is given up. */
  async uploadWhole(bucket: string, key: string, number: number): Promise<void> {
    const record = await this.#bucket(bucket)
    const { uploads } = this.#node
    const vain = await this.upload(bucket, key, [ONE_BLOCK])
    await uploads.abort(record, key as ObjectKey, vain.uploadId)
    const metadata = { ...METADATA, ...wholeMetadata(number) }
    const request = { metadata, forbidOverwrite: false }
    const { uploadId } = await uploads.initiate(record, key as ObjectKey, request)
    const { body, contentMd5, signal } = this.#request(wholeBytes(number), false)
    const part = { body, contentMd5, signal }
    await uploads.putPart(record, key as ObjectKey, uploadId, 1, part)
    const options = { forbidOverwrite: false }
    await uploads.complete(record, key as ObjectKey, uploadId, undefined, options)
  }

  /** What bytes, tag, metadata and ACL say. */
  async wholeOf(bucket: string, key: string): Promise<string> {
    const open = await this.#node.objects.read(await this.#bucket(bucket), key as ObjectKey)
    const pieces: Uint8Array[] = []
    await open.body().send((piece) => {
      pieces.push(piece.slice())
      return Promise.resolve()
    }, this.#signal)
    return saidText(blocksIn(Buffer.concat(pieces)), open.record)
  }

  /** Counters of a bucket. */
  async counted(bucket: string): Promise<string> {
    return countText(await this.#node.buckets.stat(await this.#bucket(bucket)))
  }

  async putFrozen(
    bucket: string,
    key: string,
    bytes: Uint8Array,
    storageClass: ObjectMetadata['storageClass'],
  ): Promise<FrozenObject> {
    const record = await this.#bucket(bucket)
    const request = { ...this.#request(bytes, false), metadata: { ...METADATA, storageClass } }
    return frozen(await this.#node.objects.put(record, key as ObjectKey, request))
  }

  async restore(bucket: string, key: string, days: number): Promise<FrozenObject> {
    const at = [await this.#bucket(bucket), key as ObjectKey, undefined] as const
    const { record } = await this.#node.objects.restore(...at, { days, priority: undefined })
    return frozen(record)
  }

  async cleanRestore(bucket: string, key: string): Promise<FrozenObject> {
    const at = [await this.#bucket(bucket), key as ObjectKey, undefined] as const
    return frozen(await this.#node.objects.amend(...at, { kind: 'cleanRestore' }))
  }

  /** Undefined when it is not there; without bytes when they are refused. */
  async readFrozen(bucket: string, key: string): Promise<FrozenObject | undefined> {
    const record = await this.#bucket(bucket)
    const open = await this.#node.objects.read(record, key as ObjectKey).catch(absent)
    if (open === undefined) return undefined
    const seen = frozen(open.record)
    const body = await Promise.resolve()
      .then(() => open.body())
      .catch(refusedAsFrozen)
    if (body === undefined) return seen
    const pieces: Uint8Array[] = []
    await body.send((piece) => {
      pieces.push(piece.slice())
      return Promise.resolve()
    }, this.#signal)
    return { ...seen, bytes: Buffer.concat(pieces) }
  }

  /** Page by page; every page's keys in the order they came. */
  async list(bucket: string): Promise<(SeenObject & { readonly key: string })[]> {
    const record = await this.#bucket(bucket)
    const seen: (SeenObject & { readonly key: string })[] = []
    let after = ''
    for (;;) {
      const options = { prefix: '', delimiter: '', after, maxKeys: LIST_PAGE_KEYS }
      const page = await this.#node.listings.list(record, options)
      seen.push(...page.objects)
      if (!page.isTruncated || page.next === undefined) return seen
      after = page.next
    }
  }

  async #find(bucket: string, key: string) {
    return this.#node.objects.find(await this.#bucket(bucket), key as ObjectKey)
  }

  async #bucket(name: string): Promise<BucketRecord> {
    const record = await this.#node.buckets.find(name as BucketName)
    if (record === undefined) throw new ClientRefusal('NoSuchBucket')
    return record
  }

  #request(bytes: Uint8Array, forbidOverwrite: boolean) {
    const dawdle = this.#dawdle
    const body = {
      lengthBytes: bytes.byteLength,
      async read(take: (piece: Uint8Array) => Promise<void> | undefined) {
        const half = bytes.byteLength >> 1
        await take(bytes.slice(0, half))
        await dawdle()
        await take(bytes.slice(half))
      },
    }
    const signal = this.#signal
    return { metadata: METADATA, body, contentMd5: undefined, forbidOverwrite, signal }
  }
}

function conditionOf(required: WriteCondition) {
  if (required === 'nothing') return { kind: 'absent' } as const
  if (required === 'something') return { kind: 'present' } as const
  return { kind: 'etag', etag: required.etag } as const
}

function frozen({ etag, restore }: ObjectRecord): FrozenObject {
  return { etag, restore }
}

function absent(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== 'NoSuchKey') throw error
}

function refusedAsFrozen(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== 'InvalidObjectState') throw error
}

function tagIn(tags: BucketRecord['tags']): string {
  return tags.find(([name]) => name === TAG)?.[1] ?? ''
}
