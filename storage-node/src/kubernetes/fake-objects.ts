/**
 * The objects of a fake API server: what each request does to them.
 *
 * @module
 */

import type { KubernetesObject } from '../contract/kubernetes-object.ts'
import type { WatchEvent } from './objects.ts'

/** Says what is wrong with `next` behind `previous`, or nothing. */
export type FakeRule = (
  previous: KubernetesObject | undefined,
  next: KubernetesObject,
) => string | undefined

interface Answer {
  readonly status: number
  readonly value: unknown
}

interface PastEvent {
  readonly revision: number
  readonly collection: string
  readonly event: WatchEvent
}

/** `/apis/.../partitions/name/status`: the collection, the name, the subresource. */
const OBJECT_PATH = /^(.*\/namespaces\/[^/]+\/[^/]+)(?:\/([^/]+))?(\/status)?$/

export class FakeObjects {
  readonly #rule: FakeRule
  readonly #onEvent: (event: WatchEvent, collection: string) => void
  readonly #objects = new Map<string, KubernetesObject>()
  #past: PastEvent[] = []
  #forgottenUpTo = 0
  #revision = 0

  constructor(rule: FakeRule, onEvent: (event: WatchEvent, collection: string) => void) {
    this.#rule = rule
    this.#onEvent = onEvent
  }

  get revision(): number {
    return this.#revision
  }

  get(path: string): KubernetesObject | undefined {
    return this.#objects.get(path)
  }

  /** What came before can no longer be watched, as after etcd has compacted. */
  compact(): void {
    this.#past = []
    this.#forgottenUpTo = this.#revision
  }

  /** Writes to the object without changing it, as a controller does that sets a label. */
  touch(path: string): void {
    const key = path.replace(/\/status$/, '')
    const object = this.#objects.get(key)
    if (object !== undefined) this.#write(key, object, 'MODIFIED')
  }

  perform(method: string, { pathname, searchParams }: URL, body: unknown): Answer {
    const [, collection = '', name, subresource] = OBJECT_PATH.exec(pathname) ?? []
    const key = `${collection}/${name}`
    switch (method) {
      case 'GET':
        return name === undefined ? this.#list(collection, searchParams) : this.#get(key)
      case 'POST':
        return this.#create(collection, body as KubernetesObject)
      case 'PUT':
        return this.#replace(key, body as KubernetesObject, subresource !== undefined)
      case 'DELETE':
        return this.#delete(key)
      default:
        return failure(405, 'Method not allowed')
    }
  }

  /** What happened behind a version; undefined when that is forgotten. */
  eventsSince(revision: number, collection: string): readonly WatchEvent[] | undefined {
    if (revision < this.#forgottenUpTo) return undefined
    return this.#past
      .filter((past) => past.revision > revision && past.collection === collection)
      .map(({ event }) => event)
  }

  #list(collection: string, query: URLSearchParams): Answer {
    const [label, value] = query.get('labelSelector')?.split('=') ?? []
    const field = query.get('fieldSelector')?.split('=')[1]
    const all = [...this.#objects]
      .filter(([key]) => key.startsWith(`${collection}/`))
      .map(([, object]) => object)
      .filter(({ metadata }) => label === undefined || metadata.labels?.[label] === value)
      .filter(({ metadata }) => field === undefined || metadata.name === field)
      .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    const from = Number(query.get('continue') ?? 0)
    const limit = Number(query.get('limit') ?? all.length)
    const next = from + limit < all.length ? { continue: String(from + limit) } : {}
    const metadata = { resourceVersion: String(this.#revision), ...next }
    return { status: 200, value: { metadata, items: all.slice(from, from + limit) } }
  }

  #get(key: string): Answer {
    const object = this.#objects.get(key)
    return object === undefined ? failure(404, 'Not found') : { status: 200, value: object }
  }

  #create(collection: string, object: KubernetesObject): Answer {
    const key = `${collection}/${object.metadata.name}`
    if (this.#objects.has(key)) return failure(409, 'Already exists')
    const refusal = this.#rule(undefined, object)
    if (refusal !== undefined) return failure(422, refusal)
    const uid = `00000000-0000-4000-9000-${String(this.#revision + 1).padStart(12, '0')}`
    const { status: _, ...rest } = object
    const made = { ...rest, metadata: { ...object.metadata, uid } }
    return { status: 201, value: this.#write(key, made, 'ADDED') }
  }

  #replace(key: string, next: KubernetesObject, isStatus: boolean): Answer {
    const present = this.#objects.get(key)
    if (present === undefined) return failure(404, 'Not found')
    const { resourceVersion, uid } = next.metadata
    if (resourceVersion !== present.metadata.resourceVersion) return failure(409, 'Conflict')
    if (uid !== undefined && uid !== present.metadata.uid) return failure(409, 'Other uid')
    // A status write changes nothing else, any other write everything else.
    const merged = isStatus
      ? { ...present, status: next.status }
      : {
          ...next,
          metadata: { ...next.metadata, uid: present.metadata.uid },
          status: present.status,
        }
    const refusal = this.#rule(present, merged as KubernetesObject)
    if (refusal !== undefined) return failure(422, refusal)
    return { status: 200, value: this.#write(key, merged as KubernetesObject, 'MODIFIED') }
  }

  #delete(key: string): Answer {
    const object = this.#objects.get(key)
    if (object === undefined) return failure(404, 'Not found')
    const deleted = this.#write(key, object, 'DELETED')
    this.#objects.delete(key)
    return { status: 200, value: deleted }
  }

  #write(key: string, object: KubernetesObject, type: WatchEvent['type']): KubernetesObject {
    const revision = ++this.#revision
    const metadata = { ...object.metadata, resourceVersion: String(revision) }
    const written = { ...object, metadata }
    this.#objects.set(key, written)
    const collection = key.slice(0, key.lastIndexOf('/'))
    const event: WatchEvent = { type, object: written }
    this.#past.push({ revision, collection, event })
    this.#onEvent(event, collection)
    return written
  }
}

function failure(status: number, message: string): Answer {
  return { status, value: { kind: 'Status', status: 'Failure', message, code: status } }
}
