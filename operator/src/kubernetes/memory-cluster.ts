/**
 * A Kubernetes cluster in memory: objects, versions, owners, finalizers and watches, for tests and for trying
 * reconcilers without a cluster.
 *
 * It has no controllers: a StatefulSet makes no pods. Namespaces need not exist. Rules of definitions are not
 * checked, their schemas are.
 *
 * @module
 */

import type { Clock } from '@granary/storage-node/base/clock'
import { KubernetesStatusError } from '@granary/storage-node/kubernetes/api-client'
import { InvalidResourceError, keyOf } from '../resources/kubernetes-object.ts'
import type { KubernetesObject, ObjectName, ResourceType } from '../resources/kubernetes-object.ts'
import { timeText } from '../resources/conditions.ts'
import { applyFields, isSame } from './applied-fields.ts'
import type { FieldOwners } from './applied-fields.ts'
import { collectionPath } from './kubernetes-api.ts'
import type { Preconditions, Selection } from './kubernetes-api.ts'

type Type = ResourceType<KubernetesObject>

export interface MemoryEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: KubernetesObject
}

interface Stored {
  readonly type: Type
  readonly object: KubernetesObject
  readonly owners: FieldOwners
}

/** What a status write touches, and what every other write does. */
export type Part = 'main' | 'status'

export class MemoryCluster {
  readonly #clock: Clock
  readonly #objects = new Map<string, Stored>()
  readonly #listeners = new Set<(event: MemoryEvent, type: Type) => void>()
  #revision = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get revision(): number {
    return this.#revision
  }

  /** Hears of every change, at once. */
  listen(listener: (event: MemoryEvent, type: Type) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  get(type: Type, name: ObjectName): KubernetesObject | undefined {
    return this.#objects.get(pathOf(type, name))?.object
  }

  list(type: Type, selection: Selection = {}): readonly KubernetesObject[] {
    return [...this.#objects.values()]
      .filter((stored) => isOf(stored.type, type) && isSelected(stored.object, selection))
      .map(({ object }) => object)
      .sort((a, b) => (keyOf(a.metadata) < keyOf(b.metadata) ? -1 : 1))
  }

  /** Undefined: there is one of that name. */
  create(type: Type, object: KubernetesObject, manager: string): KubernetesObject | undefined {
    const metadata = { ...object.metadata, name: this.#nameOf(object) }
    if (this.get(type, metadata) !== undefined) return undefined
    return this.apply(type, { ...object, metadata }, manager, 'main')
  }

  apply(type: Type, object: KubernetesObject, manager: string, part: Part): KubernetesObject {
    const path = pathOf(type, object.metadata)
    const present = this.#objects.get(path)
    checkPreconditions(type, object, present?.object)
    if (present === undefined && part === 'status')
      throw failure(type, object.metadata, 404, 'Not found')
    const before = present?.object ?? this.#newObject(type, object)
    const wanted = partOf(object, part)
    const { value, owners } = applyFields(
      before as unknown as Readonly<Record<string, unknown>>,
      present?.owners ?? new Map(),
      `${manager} ${part}`,
      wanted,
    )
    const next = admitted(type, value as unknown as KubernetesObject, this.#revision)
    if (present !== undefined && isSame(present.object, next)) {
      this.#objects.set(path, { ...present, owners })
      return present.object
    }
    const generation = nextGeneration(present?.object, next)
    return this.#write(
      path,
      type,
      withMetadata(next, { generation }),
      owners,
      present === undefined,
    )
  }

  delete(type: Type, name: ObjectName, preconditions: Preconditions = {}): void {
    const path = pathOf(type, name)
    const stored = this.#objects.get(path)
    if (stored === undefined) return
    checkPreconditions(type, { metadata: { ...name, ...preconditions } }, stored.object)
    const { finalizers = [], deletionTimestamp } = stored.object.metadata
    if (finalizers.length === 0) return this.#remove(path, stored)
    if (deletionTimestamp !== undefined) return
    const marked = withMetadata(stored.object, {
      deletionTimestamp: timeText(this.#clock.nowMs()),
    })
    this.#write(path, type, marked, stored.owners, false)
  }

  #nameOf({ metadata }: KubernetesObject): string {
    return (
      metadata.name || `${metadata.generateName}${this.#revision.toString(36).padStart(5, '0')}`
    )
  }

  #newObject({ apiVersion, kind }: Type, { metadata }: KubernetesObject): KubernetesObject {
    const uid = `00000000-0000-4000-9000-${String(this.#revision + 1).padStart(12, '0')}`
    const creationTimestamp = timeText(this.#clock.nowMs())
    const { name, namespace } = metadata
    return {
      ...{ apiVersion, kind },
      metadata: { name, ...(namespace && { namespace }), uid, creationTimestamp },
    }
  }

  #write(
    path: string,
    type: Type,
    object: KubernetesObject,
    owners: FieldOwners,
    isNew: boolean,
  ): KubernetesObject {
    const written = withMetadata(object, { resourceVersion: String(++this.#revision) })
    const stored = { type, object: written, owners }
    this.#objects.set(path, stored)
    const { deletionTimestamp, finalizers = [] } = written.metadata
    if (deletionTimestamp !== undefined && finalizers.length === 0) this.#remove(path, stored)
    else this.#tell({ type: isNew ? 'ADDED' : 'MODIFIED', object: written }, type)
    return written
  }

  #remove(path: string, { type, object }: Stored): void {
    this.#objects.delete(path)
    const gone = withMetadata(object, { resourceVersion: String(++this.#revision) })
    this.#tell({ type: 'DELETED', object: gone }, type)
    for (const { type: ownedType, object: owned } of [...this.#objects.values()]) {
      const owners = owned.metadata.ownerReferences ?? []
      if (owners.some(({ uid }) => uid === object.metadata.uid)) {
        this.delete(ownedType, owned.metadata)
      }
    }
  }

  #tell(event: MemoryEvent, type: Type): void {
    for (const listener of [...this.#listeners]) listener(event, type)
  }
}

/** Whether a list or a watch with such a selection shows the object. */
export function isSelected({ metadata }: KubernetesObject, selection: Selection): boolean {
  if (selection.namespace !== undefined && metadata.namespace !== selection.namespace) return false
  const wanted = Object.entries(selection.labels ?? {})
  return wanted.every(([label, value]) => metadata.labels?.[label] === value)
}

export function isOf(a: Type, b: Type): boolean {
  return a.apiVersion === b.apiVersion && a.plural === b.plural
}

function failure(type: Type, name: ObjectName, status: number, message: string): Error {
  return new KubernetesStatusError(`${type.kind} ${keyOf(name)}`, status, message)
}

function pathOf(type: Type, { namespace, name }: ObjectName): string {
  if (type.isNamespaced && namespace === undefined) {
    throw failure(type, { name }, 400, 'a namespace must be named')
  }
  return `${collectionPath(type, type.isNamespaced ? namespace : undefined)}/${name}`
}

function checkPreconditions(
  type: Type,
  { metadata }: Pick<KubernetesObject, 'metadata'>,
  present: KubernetesObject | undefined,
): void {
  const { uid, resourceVersion } = metadata
  const isOther =
    (uid !== undefined && uid !== present?.metadata.uid) ||
    (resourceVersion !== undefined && resourceVersion !== present?.metadata.resourceVersion)
  if (isOther) throw failure(type, metadata, 409, 'the object has been modified')
}

/** The fields that a write may name; the server's own are no part of it. */
function partOf(object: KubernetesObject, part: Part): Readonly<Record<string, unknown>> {
  if (part === 'status') return { status: object.status ?? {} }
  const { status: _, apiVersion: __, kind: ___, metadata, ...fields } = object
  const { labels, annotations, finalizers, ownerReferences } = metadata
  const named = { labels, annotations, finalizers, ownerReferences }
  return { ...fields, metadata: named }
}

/** What the API server makes of an object before it stores it. */
function admitted(type: Type, object: KubernetesObject, revision: number): KubernetesObject {
  try {
    type.read(object)
  } catch (error) {
    if (!(error instanceof InvalidResourceError)) throw error
    throw failure(type, object.metadata, 422, error.message)
  }
  if (type.kind === 'Secret') return withEncodedData(object)
  return type.kind === 'Service' ? withAddress(object, revision) : object
}

function withEncodedData(object: KubernetesObject): KubernetesObject {
  const { stringData, data, ...rest } = object as KubernetesObject & {
    readonly stringData?: Readonly<Record<string, string>>
    readonly data?: Readonly<Record<string, string>>
  }
  const encoded = Object.entries(stringData ?? {}).map(
    ([key, text]) => [key, Buffer.from(text).toString('base64')] as const,
  )
  return { ...rest, data: { ...data, ...Object.fromEntries(encoded) } } as KubernetesObject
}

function withAddress(object: KubernetesObject, revision: number): KubernetesObject {
  const spec = (object.spec ?? {}) as { clusterIP?: string; type?: string }
  if (spec.clusterIP !== undefined || spec.type === 'ExternalName') return object
  return { ...object, spec: { ...spec, clusterIP: `10.96.${revision >> 8}.${revision & 0xff}` } }
}

function nextGeneration(before: KubernetesObject | undefined, after: KubernetesObject): number {
  const generation = before?.metadata.generation ?? 0
  return before !== undefined && isSame(mainOf(before), mainOf(after)) ? generation : generation + 1
}

function mainOf({ metadata: _, status: __, ...main }: KubernetesObject): unknown {
  return main
}

function withMetadata(
  object: KubernetesObject,
  more: Partial<KubernetesObject['metadata']>,
): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, ...more } }
}
