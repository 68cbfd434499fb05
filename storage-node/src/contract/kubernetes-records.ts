/**
 * Partitions and placement maps as Kubernetes objects (replication.md 4.1).
 *
 * `spec` is the operator's, `status` the storage nodes'. Fields of a status that are not known here
 * are kept as they are.
 *
 * @module
 */

import { asBuffer } from '../base/bytes.ts'
import type { Configuration, Member, PartitionRange } from './configuration.ts'
import type { Epoch, PartitionId, StoreId } from './identifiers.ts'
import type { KubernetesObject } from './kubernetes-object.ts'
import type { PartitionConfig, PartitionIntent } from './partition-record.ts'
import type { PlacementMap, StoreEntry } from './placement-map.ts'

export const API_VERSION = 'granary.dev/v1alpha1'
/** On every object that belongs to a region. */
export const REGION_LABEL = 'granary.dev/region'

const NO_STORE = 0xffff
const COPY_COUNT_MIN = 3

/** An object that is not of the form its definition prescribes. */
export class KubernetesRecordError extends Error {
  override readonly name = 'KubernetesRecordError'
}

interface RangeFields {
  readonly start: string
  readonly end: string
}

interface PartitionSpec {
  readonly id: number
  readonly desiredMembers: readonly StoreId[]
  readonly preferredPrimary: StoreId
  readonly initialRange: RangeFields
  /** Of an object that takes the place of one that is lost: the `uid` that storage nodes know. */
  readonly lineage?: string
}

/** A configuration in the status of an object. */
export interface ConfigurationFields extends RangeFields {
  readonly epoch: number
  readonly primary: StoreId
  readonly members: readonly Member[]
}

/** As a storage node tells what it knows. */
export interface ToldConfiguration extends ConfigurationFields {
  /** The `uid` of the configuration. */
  readonly lineage: string
}

interface PartitionStatus extends ConfigurationFields {
  readonly touch?: number
}

interface PlacementSpec {
  readonly version: number
  readonly stores: readonly StoreEntry[]
  readonly copies: number
  /** `copies` positions in `stores` for each group, two bytes each, little endian; base64. */
  readonly groups: string
}

/** The name of a partition's object. */
export function partitionObjectName(region: string, partition: PartitionId): string {
  return `${region}-${partition}`
}

/** What the operator makes of a partition. */
export function partitionObject(
  region: string,
  partition: PartitionId,
  intent: PartitionIntent,
): KubernetesObject {
  const { desiredMembers, preferredPrimary, initialRange } = intent
  const spec: PartitionSpec = {
    id: partition,
    desiredMembers,
    preferredPrimary,
    initialRange: rangeFields(initialRange),
  }
  const metadata = {
    name: partitionObjectName(region, partition),
    labels: { [REGION_LABEL]: region },
  }
  return { apiVersion: API_VERSION, kind: 'Partition', metadata, spec }
}

/** Reads a partition's object; throws `KubernetesRecordError`. */
export function readPartition(object: KubernetesObject): PartitionConfig {
  return reading(object, () => {
    const { spec } = object as { spec: PartitionSpec } & KubernetesObject
    const partition = spec.id as PartitionId
    const uid = lineageOf(object)
    return {
      ...{ partition, uid, version: versionOf(object) },
      intent: {
        desiredMembers: spec.desiredMembers.map(checkedText<StoreId>),
        preferredPrimary: checkedText(spec.preferredPrimary),
        initialRange: readRange(spec.initialRange),
      },
      configuration: readConfiguration(partition, uid, object.status),
    }
  })
}

/** By what storage nodes know the partition of an object: its own uid, unless it goes on with another. */
export function lineageOf({ metadata, spec }: KubernetesObject): string {
  return (spec as Partial<PartitionSpec> | undefined)?.lineage ?? metadata.uid ?? ''
}

/** The same object with another configuration; `status` only is written. */
export function withConfiguration(
  object: KubernetesObject,
  configuration: Configuration,
): KubernetesObject {
  const { status, ...rest } = touched(object)
  const written = { ...configurationFields(configuration), state: 'Active' }
  return { ...rest, status: { ...(status ?? {}), ...written } }
}

export function configurationFields({
  epoch,
  primary,
  members,
  range,
}: Configuration): ConfigurationFields {
  // Whoever wrote the first one knows more of its members than belongs here.
  const plain = members.map(({ store, zone }) => ({ store, zone }))
  return { epoch, primary, members: plain, ...rangeFields(range) }
}

/** The same object with a new version, so that a write under way is one of the past. */
export function touched(object: KubernetesObject): KubernetesObject {
  const status = (object.status ?? {}) as Partial<PartitionStatus>
  return { ...object, status: { ...status, touch: (status.touch ?? 0) + 1 } }
}

/**
 * What storage nodes have written. Not the resourceVersion: that changes with the operator's labels
 * too, which must not lose anybody's race.
 */
export function versionOf({ metadata, status }: KubernetesObject): string {
  const { epoch = 0, touch = 0 } = (status ?? {}) as Partial<PartitionStatus>
  return `${metadata.uid}.${epoch}.${touch}`
}

export function placementObject(region: string, map: PlacementMap): KubernetesObject {
  const copies = Math.max(COPY_COUNT_MIN, ...map.groups.map((group) => group.length))
  const packed = Buffer.alloc(map.groups.length * copies * 2, 0xff)
  map.groups.forEach((group, index) => {
    group.forEach((store, copy) => packed.writeUInt16LE(store, (index * copies + copy) * 2))
  })
  const { version, stores } = map
  const spec: PlacementSpec = { version, stores, copies, groups: packed.toString('base64') }
  const metadata = { name: region, labels: { [REGION_LABEL]: region } }
  return { apiVersion: API_VERSION, kind: 'PlacementMap', metadata, spec }
}

/** Reads a placement map's object; throws `KubernetesRecordError`. */
export function readPlacement(object: KubernetesObject): PlacementMap {
  return reading(object, () => {
    const { version, stores, copies, groups } = object.spec as PlacementSpec
    const packed = Buffer.from(checkedText(groups), 'base64')
    const groupCount = packed.byteLength / 2 / copies
    if (!Number.isSafeInteger(groupCount)) throw new TypeError('the groups have another length')
    const storeAt = (at: number) => packed.readUInt16LE(at * 2)
    return {
      version: checkedNumber(version),
      stores: stores.map(({ store, zone, name, address, beaconAddress }) => ({
        ...{ store: checkedText<StoreId>(store), zone, name: checkedText(name) },
        ...{ address: checkedText(address), beaconAddress: checkedText(beaconAddress) },
      })),
      groups: Array.from({ length: groupCount }, (_, group) =>
        Array.from({ length: copies }, (__, copy) => storeAt(group * copies + copy))
          .filter((store) => store !== NO_STORE)
          .map((store) => checkedIndex(store, stores.length)),
      ),
    }
  })
}

function readConfiguration(
  partition: PartitionId,
  uid: string,
  status: unknown,
): Configuration | undefined {
  const { epoch, primary, members, start, end } = (status ?? {}) as Partial<PartitionStatus>
  if (epoch === undefined || epoch === 0) return undefined
  if (members === undefined) throw new TypeError('there are no members')
  return {
    ...{ partition, uid, epoch: checkedNumber(epoch) as Epoch, primary: checkedText(primary) },
    members: members.map(({ store, zone }) => ({ store: checkedText<StoreId>(store), zone })),
    range: readRange({ start: start ?? '', end: end ?? '' }),
  }
}

function rangeFields({ start, end }: PartitionRange): RangeFields {
  return { start: asBuffer(start).toString('base64'), end: asBuffer(end).toString('base64') }
}

function readRange({ start, end }: RangeFields): PartitionRange {
  const decode = (text: string) => Buffer.from(checkedText(text), 'base64')
  return { start: decode(start), end: decode(end) }
}

function checkedText<T extends string = string>(value: unknown): T {
  if (typeof value !== 'string') throw new TypeError(`must be a text, is ${typeof value}`)
  return value as T
}

function checkedNumber(value: unknown): number {
  if (!Number.isSafeInteger(value)) throw new TypeError(`must be a whole number, is ${value}`)
  return value as number
}

function checkedIndex(index: number, count: number): number {
  if (index < count) return index
  throw new TypeError(`must be one of ${count} stores, is ${index}`)
}

/** The API server checks the form; whatever it lets through must not end the process. */
function reading<T>({ kind, metadata }: KubernetesObject, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    const what = `${kind} ${metadata.name}`
    throw new KubernetesRecordError(`Cannot read ${what}: ${cause.message}`, { cause })
  }
}
