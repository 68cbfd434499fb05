/**
 * A region of a few lines that generated histories come from: it answers rightly, but for the bug that it is given.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { NO_CONTENT_MD5 } from './history.ts'
import type { ClientOperation, ListedKey, Outcome, Seen, WriteCondition } from './history.ts'

export const regionBugs = [
  'stale read',
  'stale head',
  'lost write',
  'resurrected delete',
  'duplicate append',
  'append anywhere',
  'forbidden overwrite',
  'condition not looked at',
  'condition of a delete not looked at',
  'false refusal',
  'foreign bytes',
  'list misses a key',
  'list shows a deleted key',
  'list repeats a key',
  'list out of order',
  'write into a deleted bucket',
  'bucket deleted with a key in it',
  'upload completed twice',
  'MD5 of other bytes',
  'MD5 stays behind',
] as const

const STRIKE_PROBABILITY = 0.4

export type RegionBug = (typeof regionBugs)[number]

interface StoredObject {
  readonly content: string
  readonly etag: string
  readonly sizeBytes: number
  readonly isAppendable: boolean
  readonly contentMd5?: string
}

/** Buckets and their objects; each call happens at an instant. */
export class GeneratedRegion {
  readonly #bug: RegionBug | undefined
  readonly #chance: () => number
  readonly #buckets = new Map<string, Map<string, StoredObject>>()
  /** What each key held before its last change. */
  readonly #before = new Map<string, StoredObject | undefined>()
  readonly #completed = new Set<string>()
  #etagCount = 0

  constructor(bug: RegionBug | undefined, chance: () => number) {
    this.#bug = bug
    this.#chance = chance
  }

  call(operation: ClientOperation): Outcome<Seen> {
    if (operation.kind === 'createBucket') {
      if (!this.#buckets.has(operation.bucket)) this.#buckets.set(operation.bucket, new Map())
      return done({ kind: 'nothing' })
    }
    let objects = this.#buckets.get(operation.bucket)
    if (
      objects === undefined &&
      operation.kind === 'put' &&
      this.#strikes('write into a deleted bucket')
    ) {
      objects = new Map()
      this.#buckets.set(operation.bucket, objects)
    }
    if (objects === undefined) return refused('NoSuchBucket')
    if ('key' in operation) return this.#callKey(operation, objects)
    if (operation.kind === 'deleteBucket') return this.#deleteBucket(operation.bucket, objects)
    return done({ kind: 'keys', keys: this.#list(operation.bucket, objects) })
  }

  #deleteBucket(bucket: string, objects: Map<string, StoredObject>): Outcome<Seen> {
    if (objects.size > 0 && !this.#strikes('bucket deleted with a key in it'))
      return refused('BucketNotEmpty')
    this.#buckets.delete(bucket)
    return done({ kind: 'nothing' })
  }

  #callKey(
    operation: Extract<ClientOperation, { readonly key: string }>,
    objects: Map<string, StoredObject>,
  ): Outcome<Seen> {
    const place = `${operation.bucket}/${operation.key}`
    const object = objects.get(operation.key)
    const change = (next: StoredObject | undefined): Outcome<Seen> => {
      this.#before.set(place, object)
      const isLost =
        next === undefined ? this.#strikes('resurrected delete') : this.#strikes('lost write')
      if (!isLost && next === undefined) objects.delete(operation.key)
      else if (!isLost && next !== undefined) objects.set(operation.key, next)
      return done(next === undefined ? { kind: 'nothing' } : seen(next))
    }
    switch (operation.kind) {
      case 'get':
        return this.#get(this.#strikes('stale read') ? this.#before.get(place) : object)
      case 'head':
        return head(this.#strikes('stale head') ? this.#before.get(place) : object)
      case 'delete':
        return this.#delete(operation.condition, object, () => change(undefined))
      case 'put':
        return this.#put(operation, object, change)
      case 'append':
        return this.#append(operation, object, change)
      case 'complete':
        return this.#complete(operation, object, change)
      default:
        return unreachable(operation)
    }
  }

  #get(object: StoredObject | undefined): Outcome<Seen> {
    if (object === undefined) return refused('NoSuchKey')
    const content = this.#strikes('foreign bytes') ? undefined : object.content
    return done({ ...seen(object), kind: 'content', content })
  }

  #delete(
    condition: WriteCondition | undefined,
    object: StoredObject | undefined,
    remove: () => Outcome<Seen>,
  ): Outcome<Seen> {
    const failed = failedCondition(condition, object)
    if (failed === undefined) return remove()
    return this.#strikes('condition of a delete not looked at') ? remove() : refused(failed)
  }

  #put(
    operation: Extract<ClientOperation, { readonly kind: 'put' }>,
    object: StoredObject | undefined,
    change: (next: StoredObject) => Outcome<Seen>,
  ): Outcome<Seen> {
    const isForbidden = operation.forbidOverwrite && object !== undefined
    if (operation.forbidOverwrite && object === undefined && this.#strikes('false refusal'))
      return refused('FileAlreadyExists')
    if (isForbidden && !this.#strikes('forbidden overwrite')) return refused('FileAlreadyExists')
    const failed = failedCondition(operation.condition, object)
    if (failed !== undefined && !this.#strikes('condition not looked at')) return refused(failed)
    const { content, etag, sizeBytes } = operation
    // Nothing of what was there before.
    const left = this.#strikes('MD5 stays behind') ? md5Of(object) : {}
    return change({ content, etag, sizeBytes, isAppendable: false, ...left })
  }

  #append(
    operation: Extract<ClientOperation, { readonly kind: 'append' }>,
    object: StoredObject | undefined,
    change: (next: StoredObject) => Outcome<Seen>,
  ): Outcome<Seen> {
    if (object !== undefined && !object.isAppendable) return refused('ObjectNotAppendable')
    const length = object?.sizeBytes ?? 0
    if (operation.position !== length && !this.#strikes('append anywhere'))
      return refused('PositionNotEqualToLength')
    const times = this.#strikes('duplicate append') ? 2 : 1
    const pieces = Array.from({ length: times }, () => operation.content)
    const content = [...(object === undefined ? [] : [object.content]), ...pieces].join()
    const etag = `appended ${this.#etagCount++}`
    const sizeBytes = length + times * operation.sizeBytes
    const answer = change({ content, etag, sizeBytes, isAppendable: true })
    // The client is told what it asked for.
    const told = { kind: 'object', etag, sizeBytes: length + operation.sizeBytes } as const
    return answer.kind === 'done' ? done(told) : answer
  }

  #complete(
    operation: Extract<ClientOperation, { readonly kind: 'complete' }>,
    object: StoredObject | undefined,
    change: (next: StoredObject) => Outcome<Seen>,
  ): Outcome<Seen> {
    const { content, etag, sizeBytes, uploadId, contentMd5 } = operation
    const isAgain = this.#completed.has(uploadId)
    if (isAgain && object?.content === content) return done(seen(object))
    if (isAgain && !this.#strikes('upload completed twice')) return refused('NoSuchUpload')
    this.#completed.add(uploadId)
    const known = { ...(contentMd5 !== undefined && { contentMd5 }) }
    const told = this.#strikes('MD5 of other bytes') ? { contentMd5: 'MD5 of others' } : known
    return change({ content, etag, sizeBytes, isAppendable: false, ...told })
  }

  #list(bucket: string, objects: Map<string, StoredObject>): ListedKey[] {
    const keys = [...objects]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { etag, sizeBytes }]) => ({ key, etag, sizeBytes }))
    if (this.#strikes('list misses a key')) keys.splice(this.#below(keys.length), 1)
    if (this.#strikes('list repeats a key') && keys[0] !== undefined) keys.unshift(keys[0])
    if (this.#strikes('list out of order')) keys.reverse()
    const deleted = [...this.#before].find(
      ([place, object]) =>
        object !== undefined && place.startsWith(`${bucket}/`) && !objects.has(keyIn(place)),
    )
    if (deleted?.[1] === undefined || !this.#strikes('list shows a deleted key')) return keys
    const { etag, sizeBytes } = deleted[1]
    const shown = { key: keyIn(deleted[0]), etag, sizeBytes }
    return [...keys, shown].sort((a, b) => (a.key < b.key ? -1 : 1))
  }

  #strikes(bug: RegionBug): boolean {
    return this.#bug === bug && this.#chance() < STRIKE_PROBABILITY
  }

  #below(end: number): number {
    return Math.floor(this.#chance() * end)
  }
}

function failedCondition(
  condition: WriteCondition | undefined,
  object: StoredObject | undefined,
): string | undefined {
  if (condition === undefined) return undefined
  if (condition === 'nothing') return object === undefined ? undefined : 'PreconditionFailed'
  if (object === undefined) return 'NoSuchKey'
  if (condition === 'something') return undefined
  return object.etag === condition.etag ? undefined : 'PreconditionFailed'
}

function head(object: StoredObject | undefined): Outcome<Seen> {
  return object === undefined ? refused('NoSuchKey') : done(seen(object))
}

function seen({ etag, sizeBytes, contentMd5 = NO_CONTENT_MD5 }: StoredObject) {
  return { kind: 'object', etag, sizeBytes, contentMd5 } as const
}

function md5Of(object: StoredObject | undefined): Pick<StoredObject, 'contentMd5'> {
  return object?.contentMd5 === undefined ? {} : { contentMd5: object.contentMd5 }
}

function keyIn(place: string): string {
  return place.slice(place.indexOf('/') + 1)
}

function done(value: Seen): Outcome<Seen> {
  return { kind: 'done', value }
}

function refused(code: string): Outcome<Seen> {
  return { kind: 'refused', code }
}
