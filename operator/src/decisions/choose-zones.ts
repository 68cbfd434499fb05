/**
 * Chooses the zones of a region, once.
 *
 * Zones that were chosen stay: data is spread over them, and a Node that gets another label later
 * moves nothing.
 *
 * @module
 */

import { listed, type Refusal } from './refusal.ts'

/** What zones are chosen from. */
export interface ZoneQuestion {
  /** `status.zones`; empty: none were chosen yet. */
  readonly chosen: readonly string[]
  /** `spec.zones`; empty: any. */
  readonly named: readonly string[]
  readonly topologyKey: string
  readonly allowFewerZones: boolean
  readonly storageNodesPerZone: number
  readonly nodes: readonly ZoneNode[]
  readonly nodeSelector: Readonly<Record<string, string>>
  readonly tolerations: readonly Toleration[]
}

/** A machine of the cluster, as its Node object shows it. */
export interface ZoneNode {
  readonly labels: Readonly<Record<string, string>>
  readonly isUnschedulable: boolean
  readonly taints: readonly Taint[]
}

export interface Taint {
  readonly key: string
  readonly value?: string | undefined
  readonly effect: string
}

export interface Toleration {
  readonly key: string | null
  readonly operator: 'Exists' | 'Equal'
  readonly value: string | null
  readonly effect: string | null
}

export type ZoneChoice =
  | { readonly kind: 'chosen'; readonly zones: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

export const ZONES_WANTED = 3
const HOST_LABEL = 'kubernetes.io/hostname'
/** What the cluster itself puts on Nodes that are away for a while; they are zones all the same. */
const PASSING_TAINT = /^node\.kubernetes\.io\//

/** The zones, or what has to be set to have some. */
export function chooseZones(question: ZoneQuestion): ZoneChoice {
  const { chosen, named, nodes } = question
  if (chosen.length > 0) return { kind: 'chosen', zones: chosen }
  const found = zonesOf(
    nodes.filter((node) => isUsable(node, question)),
    question.topologyKey,
  )
  if (named.length > 0) return chooseNamed(named, found, question)
  const zones = [...found.keys()].sort()
  if (zones.length >= ZONES_WANTED) {
    return { kind: 'chosen', zones: roomiest(found, question).slice(0, ZONES_WANTED).sort() }
  }
  if (zones.length > 0 && question.allowFewerZones) return { kind: 'chosen', zones }
  return { kind: 'refused', refusal: tooFewZones(zones, question) }
}

function chooseNamed(
  named: readonly string[],
  found: ReadonlyMap<string, number>,
  { topologyKey, allowFewerZones }: ZoneQuestion,
): ZoneChoice {
  const missing = named.filter((zone) => !found.has(zone))
  if (missing.length > 0) {
    const message =
      `No schedulable Node has the label ${topologyKey} with ${listed(missing)}; ` +
      `there are ${found.size === 0 ? 'none' : listed([...found.keys()].sort())}: ` +
      'label Nodes, or name other zones in spec.zones'
    return { kind: 'refused', refusal: { reason: 'ZonesMissing', message } }
  }
  if (named.length < ZONES_WANTED && !allowFewerZones) {
    const message =
      `spec.zones names ${named.length} and ${ZONES_WANTED} are needed: name more, ` +
      'or set spec.allowFewerZones for a test'
    return { kind: 'refused', refusal: { reason: 'TooFewZones', message } }
  }
  return { kind: 'chosen', zones: [...named] }
}

function tooFewZones(zones: readonly string[], { topologyKey }: ZoneQuestion): Refusal {
  const found = zones.length === 0 ? 'no zone' : `${zones.length} (${listed(zones)})`
  const hosts =
    topologyKey === HOST_LABEL ? '' : `, set spec.topologyKey to ${HOST_LABEL} for one room`
  const message =
    `${ZONES_WANTED} zones are needed; the label ${topologyKey} of schedulable Nodes names ${found}: ` +
    `label Nodes, check spec.pod.nodeSelector and tolerations${hosts}, ` +
    'or set spec.allowFewerZones for a test'
  return { reason: 'TooFewZones', message }
}

/** Zones with enough machines first, then by name. */
function roomiest(
  found: ReadonlyMap<string, number>,
  { storageNodesPerZone, topologyKey }: ZoneQuestion,
): string[] {
  const isRoomy = (zone: string) =>
    topologyKey === HOST_LABEL || (found.get(zone) ?? 0) >= storageNodesPerZone
  return [...found.keys()].sort(
    (a, b) => Number(isRoomy(b)) - Number(isRoomy(a)) || (a < b ? -1 : 1),
  )
}

/** By zone, the number of its machines. */
function zonesOf(nodes: readonly ZoneNode[], topologyKey: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  for (const { labels } of nodes) {
    const zone = labels[topologyKey]
    if (zone !== undefined && zone !== '') found.set(zone, (found.get(zone) ?? 0) + 1)
  }
  return found
}

function isUsable(node: ZoneNode, { nodeSelector, tolerations }: ZoneQuestion): boolean {
  if (node.isUnschedulable) return false
  const isSelected = Object.entries(nodeSelector).every(([key, value]) => {
    return node.labels[key] === value
  })
  return isSelected && node.taints.every((taint) => isBorne(taint, tolerations))
}

function isBorne(taint: Taint, tolerations: readonly Toleration[]): boolean {
  if (taint.effect === 'PreferNoSchedule' || PASSING_TAINT.test(taint.key)) return true
  return tolerations.some(({ key, operator, value, effect }) => {
    if (effect !== null && effect !== taint.effect) return false
    if (key === null) return operator === 'Exists'
    if (key !== taint.key) return false
    return operator === 'Exists' || (value ?? '') === (taint.value ?? '')
  })
}
