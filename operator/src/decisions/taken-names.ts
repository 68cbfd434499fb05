/**
 * Whether what a Region is made of has names that are somebody else's already.
 *
 * Of two Regions in one namespace, names may coincide: `eu` with the zone `a-b` and `eu-a` with the
 * zone `b` have a StatefulSet of one name. The older Region keeps it, the other one makes nothing.
 *
 * @module
 */

import { regionNames } from '../resources/names.ts'
import { listed, type Refusal } from './refusal.ts'

/** A Region as far as names are concerned. */
export interface NamedRegion {
  readonly name: string
  readonly namespace: string
  readonly uid: string
  /** RFC 3339. */
  readonly madeAt: string
  /** Empty: it has chosen none, and made nothing yet. */
  readonly zones: readonly string[]
}

/** A StatefulSet that is there, and the Region that its label names. */
export interface PresentSet {
  readonly name: string
  readonly region: string | undefined
}

/** Why the Region may make nothing; undefined: all its names are free or its own. */
export function mayNotTakeNames(
  own: NamedRegion,
  regions: readonly NamedRegion[],
  sets: readonly PresentSet[],
): Refusal | undefined {
  const names = objectNames(own)
  const foreign = sets.filter(({ name, region }) => {
    return region !== own.name && names.includes(`StatefulSet ${name}`)
  })
  if (foreign.length > 0) {
    return taken(own, `StatefulSet ${foreign[0]?.name}`, foreign[0]?.region)
  }
  for (const other of regions) {
    if (other.namespace !== own.namespace || other.uid === own.uid || !isOlder(other, own)) continue
    const [shared] = objectNames(other).filter((name) => names.includes(name))
    if (shared !== undefined) return taken(own, shared, other.name)
  }
  return undefined
}

/** What is to be known of Regions of the same name elsewhere; undefined: there is none that is older. */
export function namesakes(
  own: NamedRegion,
  regions: readonly NamedRegion[],
): readonly string[] | undefined {
  const older = regions.filter((other) => {
    return other.name === own.name && other.namespace !== own.namespace && isOlder(other, own)
  })
  return older.length === 0 ? undefined : older.map(({ namespace }) => namespace)
}

function objectNames({ name, zones }: NamedRegion): readonly string[] {
  if (zones.length === 0) return []
  const { peersService, gatewayService, bucketsService, statefulSet } = regionNames(name)
  return [
    ...[peersService, gatewayService, bucketsService].map((service) => `Service ${service}`),
    ...zones.map((zone) => `StatefulSet ${statefulSet(zone)}`),
  ]
}

function isOlder(a: NamedRegion, b: NamedRegion): boolean {
  return a.madeAt === b.madeAt ? a.uid < b.uid : a.madeAt < b.madeAt
}

function taken(own: NamedRegion, what: string, owner: string | undefined): Refusal {
  const whose = owner === undefined ? 'something else' : `the Region ${listed([owner])}`
  const message =
    `${what} of this namespace belongs to ${whose}: nothing was made of ${own.name}; ` +
    'make this Region under another name or in another namespace'
  return { reason: 'NameTaken', message }
}
