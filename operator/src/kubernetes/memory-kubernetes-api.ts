/**
 * The Kubernetes API of a cluster in memory, with all that can go wrong on the way to it.
 *
 * @module
 */

import { sleep } from '@granary/storage-node/base/clock'
import type { Clock } from '@granary/storage-node/base/clock'
import {
  KubernetesStatusError,
  KubernetesUnreachableError,
} from '@granary/storage-node/kubernetes/api-client'
import { keyOf } from '../resources/kubernetes-object.ts'
import type { KubernetesObject, ObjectName, ResourceType } from '../resources/kubernetes-object.ts'
import { FIELD_MANAGER } from '../resources/names.ts'
import type {
  Applied,
  KubernetesApi,
  Preconditions,
  Selection,
  Watch,
  WatchListener,
} from './kubernetes-api.ts'
import { isOf, isSelected } from './memory-cluster.ts'
import type { MemoryCluster, MemoryEvent, Part } from './memory-cluster.ts'

type Type = ResourceType<KubernetesObject>
type Call = 'get' | 'list' | 'create' | 'apply' | 'applyStatus' | 'delete'

/** What happens to the next call that it fits. */
export interface MemoryFault {
  readonly call: Call
  /** Default: objects of each kind. */
  readonly kind?: string
  readonly effect:
    | { readonly kind: 'status'; readonly status: number }
    /** No answer; the call took effect or did not. */
    | { readonly kind: 'unreachable'; readonly tookEffect: boolean }
    | { readonly kind: 'delay'; readonly ms: number }
}

export interface MemoryApiOptions {
  readonly cluster: MemoryCluster
  readonly clock: Clock
  /** Whose fields it applies; a user of the cluster has another one. Default: the operator's. */
  readonly manager?: string
}

export class MemoryKubernetesApi implements KubernetesApi {
  readonly #options: MemoryApiOptions
  readonly #manager: string
  readonly #watches = new Set<MemoryWatch>()
  #faults: MemoryFault[] = []

  constructor(options: MemoryApiOptions) {
    this.#options = options
    this.#manager = options.manager ?? FIELD_MANAGER
  }

  fail(fault: MemoryFault): void {
    this.#faults.push(fault)
  }

  /** Watches hear nothing until they are mended, and then what there is, as after a list. */
  breakWatches(): void {
    for (const watch of this.#watches) watch.isBroken = true
  }

  mendWatches(): void {
    for (const watch of this.#watches) watch.relist()
  }

  async get<T extends KubernetesObject>(type: ResourceType<T>, name: ObjectName) {
    const found = await this.#perform('get', type, name, (cluster) => cluster.get(type, name))
    return found && type.read(found)
  }

  async list<T extends KubernetesObject>(type: ResourceType<T>, selection: Selection = {}) {
    const perform = (cluster: MemoryCluster) => cluster.list(type, selection)
    const found = await this.#perform('list', type, { name: 'all' }, perform)
    return found.map((object) => type.read(object))
  }

  async create<T extends KubernetesObject>(type: ResourceType<T>, object: Applied<T>) {
    const made = await this.#perform('create', type, object.metadata, (cluster) =>
      cluster.create(type, whole(type, object), this.#manager),
    )
    return made && type.read(made)
  }

  apply<T extends KubernetesObject>(type: ResourceType<T>, object: Applied<T>): Promise<T> {
    return this.#apply('apply', type, object, 'main')
  }

  applyStatus<T extends KubernetesObject>(type: ResourceType<T>, object: Applied<T>): Promise<T> {
    return this.#apply('applyStatus', type, object, 'status')
  }

  async delete(type: Type, name: ObjectName, preconditions?: Preconditions): Promise<void> {
    await this.#perform('delete', type, name, (cluster) => {
      cluster.delete(type, name, preconditions)
    })
  }

  watch(type: Type, selection: Selection, listener: WatchListener): Watch {
    const watch = new MemoryWatch(this.#options.cluster, type, selection, listener)
    this.#watches.add(watch)
    return {
      listed: watch.listed,
      stop: () => {
        watch.stop()
        this.#watches.delete(watch)
      },
    }
  }

  async #apply<T extends KubernetesObject>(
    call: Call,
    type: ResourceType<T>,
    object: Applied<T>,
    part: Part,
  ): Promise<T> {
    const applied = await this.#perform(call, type, object.metadata, (cluster) =>
      cluster.apply(type, whole(type, object), this.#manager, part),
    )
    return type.read(applied)
  }

  async #perform<R>(
    call: Call,
    type: Type,
    name: ObjectName,
    perform: (cluster: MemoryCluster) => R,
  ): Promise<R> {
    const { clock, cluster } = this.#options
    const what = `${call} ${type.kind} ${keyOf(name)}`
    const effect = this.#takeFault(call, type.kind)
    // An answer never comes within the call.
    await Promise.resolve()
    if (effect?.kind === 'delay') await sleep(clock, effect.ms)
    if (effect?.kind === 'status') throw new KubernetesStatusError(what, effect.status, 'Injected')
    if (effect?.kind !== 'unreachable') return perform(cluster)
    if (effect.tookEffect) perform(cluster)
    throw new KubernetesUnreachableError(`${what} failed: the connection was reset`)
  }

  #takeFault(call: Call, kind: string): MemoryFault['effect'] | undefined {
    const index = this.#faults.findIndex(
      (fault) => fault.call === call && (fault.kind ?? kind) === kind,
    )
    return index === -1 ? undefined : this.#faults.splice(index, 1)[0]?.effect
  }
}

/** Follows a cluster; what it hears it tells a moment later, in order. */
class MemoryWatch {
  readonly listed: Promise<void>
  isBroken = false
  readonly #cluster: MemoryCluster
  readonly #type: Type
  readonly #selection: Selection
  readonly #listener: WatchListener
  readonly #known = new Map<string, KubernetesObject>()
  readonly #unlisten: () => void
  #isStopped = false

  constructor(cluster: MemoryCluster, type: Type, selection: Selection, listener: WatchListener) {
    this.#cluster = cluster
    this.#type = type
    this.#selection = selection
    this.#listener = listener
    this.#unlisten = cluster.listen((event, eventType) => {
      if (!this.isBroken && isOf(eventType, type)) this.#hear(event)
    })
    this.relist()
    this.listed = new Promise((resolve) => queueMicrotask(resolve))
  }

  relist(): void {
    this.isBroken = false
    const present = this.#cluster.list(this.#type, this.#selection)
    const keys = new Set(present.map(({ metadata }) => keyOf(metadata)))
    for (const [key, object] of this.#known) if (!keys.has(key)) this.#remove(object)
    for (const object of present) this.#take(object)
  }

  stop(): void {
    this.#isStopped = true
    this.#unlisten()
  }

  #hear({ type, object }: MemoryEvent): void {
    if (type !== 'DELETED' && isSelected(object, this.#selection)) this.#take(object)
    else if (this.#known.has(keyOf(object.metadata))) this.#remove(object)
  }

  #take(object: KubernetesObject): void {
    const key = keyOf(object.metadata)
    const known = this.#known.get(key)?.metadata.resourceVersion
    this.#known.set(key, object)
    if (known !== object.metadata.resourceVersion) this.#tell(() => this.#listener.changed(object))
  }

  #remove(object: KubernetesObject): void {
    this.#known.delete(keyOf(object.metadata))
    this.#tell(() => this.#listener.removed(object))
  }

  #tell(tell: () => void): void {
    queueMicrotask(() => {
      if (!this.#isStopped) tell()
    })
  }
}

function whole<T extends KubernetesObject>(type: Type, object: Applied<T>): KubernetesObject {
  return { ...object, apiVersion: type.apiVersion, kind: type.kind } as KubernetesObject
}
