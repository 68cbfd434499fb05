/**
 * Which Partition objects are made again of what storage nodes know, after somebody has deleted them,
 * or has restored them from a backup (replication.md 4.1).
 *
 * Only those that somebody names, and only when every store of the region has said what it knows: one
 * that is silent may be the primary of a later configuration than the others have heard of.
 *
 * @module
 */

import type { StoreId } from '@granary/storage-node/contract/identifiers'
import type {
  ConfigurationFields,
  ToldConfiguration,
} from '@granary/storage-node/contract/kubernetes-records'
import type { PlacementMap, StoreEntry } from '@granary/storage-node/contract/placement-map'
import { listed, type Refusal } from './refusal.ts'

/** On a Region: numbers of partitions whose objects are to be made again, separated by commas. */
export const REBUILD_ANNOTATION = 'granary.dev/rebuild-partitions'

/** A partition that a storage node knows. */
export interface ToldPartition {
  readonly id: number
  readonly configuration: ToldConfiguration
}

/** What there is of an object. */
export interface PresentPartition {
  readonly id: number
  readonly lineage: string
  /** 0: no configuration. */
  readonly epoch: number
}

export interface RebuildQuestion {
  /** Value of the annotation. */
  readonly asked: string | undefined
  readonly present: readonly PresentPartition[]
  readonly placement: PlacementMap | undefined
  /** What each store that answered knows. */
  readonly told: ReadonlyMap<StoreId, readonly ToldPartition[]>
}

/** An object that takes the place of one that is lost, or of the wrong one that is there. */
export interface RebuiltPartition {
  readonly id: number
  readonly lineage: string
  readonly desiredMembers: readonly StoreId[]
  readonly status: ConfigurationFields
}

export type RebuildDecision =
  | { readonly kind: 'none' }
  | { readonly kind: 'wait'; readonly refusal: Refusal }
  | { readonly kind: 'make'; readonly partitions: readonly RebuiltPartition[] }

/**
 * Above what any store knows: a store may just have won a configuration that nobody was told of, and must
 * find itself overtaken by one that is no other of the same epoch.
 */
const EPOCHS_AHEAD = 100
const NUMBERS = /^\s*[1-9]\d{0,9}(\s*,\s*[1-9]\d{0,9})*\s*$/
const SHOWN_CHARS = 64

/** What is to be done about the objects that somebody named. */
export function decideRebuild(question: RebuildQuestion): RebuildDecision {
  const { asked = '', present, placement, told } = question
  if (asked.trim() === '') return { kind: 'none' }
  if (!NUMBERS.test(asked)) return waiting('RebuildMisnamed', notNumbers(asked))
  if (placement === undefined) return waiting('RebuildWaits', NO_MAP)
  const lost = [...new Set(asked.split(',').map(Number))]
    .map((id) => ({ id, known: newestFirst(id, told) }))
    .filter(({ id, known: [newest] }) => !isAsKnown(present.find(ofId(id)), newest))
  if (lost.length === 0) return { kind: 'none' }
  const why = whyNot(lost, placement.stores, told)
  if (why !== undefined) return waiting('RebuildWaits', why)
  const rebuilt = lost.flatMap(({ id, known: [newest] }) => {
    return newest === undefined ? [] : rebuiltOf(id, newest, placement.stores)
  })
  return { kind: 'make', partitions: rebuilt }
}

interface LostPartition {
  readonly id: number
  /** What storage nodes know, the newest first. */
  readonly known: readonly ToldConfiguration[]
}

function newestFirst(id: number, told: RebuildQuestion['told']): readonly ToldConfiguration[] {
  const known = [...told.values()].flat().filter(ofId(id))
  return known
    .map(({ configuration }) => configuration)
    .sort((one, other) => other.epoch - one.epoch)
}

function ofId(id: number) {
  return (each: { readonly id: number }) => each.id === id
}

function isAsKnown(object: PresentPartition | undefined, newest?: ToldConfiguration): boolean {
  if (object === undefined) return false
  return newest === undefined || (object.lineage === newest.lineage && object.epoch >= newest.epoch)
}

function whyNot(
  lost: readonly LostPartition[],
  stores: readonly StoreEntry[],
  told: RebuildQuestion['told'],
): string | undefined {
  const silent = stores.filter(({ store }) => !told.has(store))
  if (silent.length > 0) return stillSilent(silent)
  const unknown = lost.filter(({ known }) => known.length === 0)
  if (unknown.length > 0) return `No storage node knows partitions ${numbers(unknown)}`
  const disputed = lost.filter(({ known }) => new Set(known.map((each) => each.lineage)).size > 1)
  return disputed.length === 0 ? undefined : inDispute(disputed)
}

function rebuiltOf(
  id: number,
  { lineage, ...configuration }: ToldConfiguration,
  stores: readonly StoreEntry[],
): RebuiltPartition {
  const zones = new Set(configuration.members.map(({ zone }) => zone))
  const members = configuration.members.map(({ store }) => store)
  // A zone that had lost its copy gets it back in one of its stores.
  for (const { store, zone } of stores) {
    if (zones.has(zone)) continue
    zones.add(zone)
    members.push(store)
  }
  const status = { ...configuration, epoch: configuration.epoch + EPOCHS_AHEAD }
  return { id, lineage, desiredMembers: members, status }
}

const NO_MAP =
  'There is no PlacementMap: restore it from a backup of the cluster before partitions are made again'

function stillSilent(silent: readonly StoreEntry[]): string {
  const names = silent.map(({ name, store }) => `${name} (store ${store})`)
  return (
    `Partitions are made again once ${listed(names)} has answered: a storage node that is silent ` +
    'may know more than the others; bring it back with its volume'
  )
}

function inDispute(lost: readonly LostPartition[]): string {
  return (
    `Storage nodes know partitions ${numbers(lost)} under different lineages: one of them holds ` +
    'the volume of another region'
  )
}

function notNumbers(asked: string): string {
  return (
    `The annotation ${REBUILD_ANNOTATION} must be numbers of partitions, separated by commas, ` +
    `is "${asked.slice(0, SHOWN_CHARS)}"`
  )
}

function numbers(lost: readonly LostPartition[]): string {
  return listed(lost.map(({ id }) => String(id)))
}

function waiting(reason: string, message: string): RebuildDecision {
  return { kind: 'wait', refusal: { reason, message } }
}

/** What somebody has to do so that these are made again. */
export function rebuildCommand(region: string, ids: readonly number[]): string {
  return `kubectl annotate region ${region} ${REBUILD_ANNOTATION}=${ids.join(',')} --overwrite`
}
