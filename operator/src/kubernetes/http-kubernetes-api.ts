/**
 * The Kubernetes API of a real cluster.
 *
 * @module
 */

import type { Clock } from '@granary/storage-node/base/clock'
import type { Logger } from '@granary/storage-node/base/logger'
import { KubernetesStatusError } from '@granary/storage-node/kubernetes/api-client'
import type { ApiClient } from '@granary/storage-node/kubernetes/api-client'
import { Reflector } from '@granary/storage-node/kubernetes/reflector'
import type { KubernetesObject, ObjectName, ResourceType } from '../resources/kubernetes-object.ts'
import { FIELD_MANAGER } from '../resources/names.ts'
import { collectionPath } from './kubernetes-api.ts'
import type {
  Applied,
  KubernetesApi,
  Preconditions,
  Selection,
  Watch,
  WatchListener,
} from './kubernetes-api.ts'

export interface HttpApiOptions {
  readonly api: ApiClient
  readonly clock: Clock
  readonly logger: Logger
  /** Whose fields it applies. Default: the operator's. */
  readonly manager?: string
}

interface Page {
  readonly metadata: { readonly continue?: string }
  readonly items: readonly KubernetesObject[]
}

/** JSON is YAML, too. */
const APPLY_TYPE = 'application/apply-patch+yaml'
const PAGE_OBJECT_COUNT = 500

export class HttpKubernetesApi implements KubernetesApi {
  readonly #options: HttpApiOptions
  readonly #manager: string

  constructor(options: HttpApiOptions) {
    this.#options = options
    this.#manager = options.manager ?? FIELD_MANAGER
  }

  async get<T extends KubernetesObject>(type: ResourceType<T>, name: ObjectName) {
    const found = await this.#unless(404, this.#options.api.call('GET', objectPath(type, name)))
    return found && type.read(found)
  }

  async list<T extends KubernetesObject>(type: ResourceType<T>, selection: Selection = {}) {
    const objects: T[] = []
    let next: string | undefined
    do {
      const query = new URLSearchParams({ limit: String(PAGE_OBJECT_COUNT) })
      if (selection.labels !== undefined) query.set('labelSelector', selectorOf(selection.labels))
      if (next) query.set('continue', next)
      const path = `${collectionPath(type, selection.namespace)}?${query}`
      const page = (await this.#options.api.call('GET', path)) as Page
      // Items of a list do not say what they are.
      for (const item of page.items) objects.push(type.read(whole(type, item)))
      next = page.metadata.continue
    } while (next)
    return objects
  }

  async create<T extends KubernetesObject>(type: ResourceType<T>, object: Applied<T>) {
    const path = collectionPath(type, namespaceOf(type, object.metadata))
    const call = this.#options.api.call('POST', `${path}?${this.#query()}`, created(type, object))
    const made = await this.#unless(409, call)
    return made && type.read(made)
  }

  apply<T extends KubernetesObject>(type: ResourceType<T>, object: Applied<T>): Promise<T> {
    const { status: _, ...main } = whole(type, object)
    return this.#patch(type, objectPath(type, object.metadata), main)
  }

  applyStatus<T extends KubernetesObject>(type: ResourceType<T>, object: Applied<T>): Promise<T> {
    const { namespace, name, uid, resourceVersion } = object.metadata
    const { apiVersion, kind, status } = whole(type, object)
    const metadata = {
      ...{ name, ...(namespace !== undefined && { namespace }) },
      ...{ ...(uid !== undefined && { uid }), ...(resourceVersion && { resourceVersion }) },
    }
    const path = `${objectPath(type, object.metadata)}/status`
    return this.#patch(type, path, { apiVersion, kind, metadata, status })
  }

  async delete(
    type: ResourceType<KubernetesObject>,
    name: ObjectName,
    preconditions?: Preconditions,
  ): Promise<void> {
    const options = {
      ...{ apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' },
      ...(preconditions && { preconditions }),
    }
    const call = this.#options.api.call('DELETE', objectPath(type, name), options)
    await this.#unless(404, call)
  }

  watch(
    type: ResourceType<KubernetesObject>,
    { namespace, labels }: Selection,
    listener: WatchListener,
  ): Watch {
    let resolve = () => {}
    // What has arrived already may still be read when the connection is broken off.
    let isStopped = false
    const listed = new Promise<void>((listing) => (resolve = listing))
    const reflector = new Reflector({
      ...this.#options,
      selection: {
        path: collectionPath(type, namespace),
        ...(labels && { labelSelector: selectorOf(labels) }),
      },
      listener: {
        changed: (object) => void (isStopped || listener.changed(object)),
        removed: (object) => void (isStopped || listener.removed(object)),
        listed: () => resolve(),
      },
    })
    return {
      listed,
      stop() {
        isStopped = true
        reflector.stop()
      },
    }
  }

  async #patch<T extends KubernetesObject>(
    type: ResourceType<T>,
    path: string,
    object: KubernetesObject,
  ): Promise<T> {
    const url = `${path}?${this.#query()}&force=true`
    const applied = await this.#options.api.call('PATCH', url, object, APPLY_TYPE)
    return type.read(applied as KubernetesObject)
  }

  #query(): string {
    return `fieldManager=${encodeURIComponent(this.#manager)}`
  }

  /** What a call answers, or undefined for an answer of that status. */
  async #unless(status: number, call: Promise<unknown>): Promise<KubernetesObject | undefined> {
    try {
      return (await call) as KubernetesObject
    } catch (error) {
      if (error instanceof KubernetesStatusError && error.status === status) return undefined
      throw error
    }
  }
}

function objectPath(type: ResourceType<KubernetesObject>, name: ObjectName): string {
  return `${collectionPath(type, namespaceOf(type, name))}/${name.name}`
}

function namespaceOf(
  { isNamespaced, kind }: ResourceType<KubernetesObject>,
  { namespace, name }: ObjectName,
): string | undefined {
  if (!isNamespaced) return undefined
  if (namespace !== undefined) return namespace
  throw new KubernetesStatusError(`${kind} ${name}`, 400, 'a namespace must be named')
}

function selectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([label, value]) => `${label}=${value}`)
    .join(',')
}

function whole({ apiVersion, kind }: ResourceType<KubernetesObject>, object: object) {
  return { ...object, apiVersion, kind } as KubernetesObject
}

/** A name that the server makes must not be there at all. */
function created(type: ResourceType<KubernetesObject>, object: Applied<KubernetesObject>) {
  const { name, ...metadata } = object.metadata
  return whole(type, { ...object, metadata: { ...metadata, ...(name !== '' && { name }) } })
}
