/**
 * Keeps a region running as its Region asks.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { blockedConditions, regionConditions, said } from '../decisions/region-conditions.ts'
import { ZONES_WANTED } from '../decisions/choose-zones.ts'
import type { Refusal } from '../decisions/refusal.ts'
import { desiredAccessRights } from '../desired/access-rights.ts'
import { desiredDisruptionBudget } from '../desired/disruption-budget.ts'
import { desiredNetworkPolicy } from '../desired/network-policy.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import { desiredServices } from '../desired/services.ts'
import { desiredStatefulSet } from '../desired/stateful-set.ts'
import { pods, secrets, statefulSets } from '../resources/built-in.ts'
import type { ConditionChange } from '../resources/conditions.ts'
import {
  keyOf,
  nameOfKey,
  type KubernetesObject,
  type ResourceType,
} from '../resources/kubernetes-object.ts'
import { APP_NAME, FIELD_MANAGER, REGION_LABEL } from '../resources/names.ts'
import { partitions } from '../resources/partition.ts'
import { placementMaps } from '../resources/placement-map.ts'
import { regions, type Region } from '../resources/region.ts'
import { storageNodes } from '../resources/storage-node.ts'
import type { Again, Controller, ControllerSource } from '../runtime/controller.ts'
import { applyObjects } from './apply-objects.ts'
import { tell } from './events.ts'
import { holdWithFinalizer } from './finalizer.ts'
import type { ReconcilerParts } from './parts.ts'
import { openRegion } from './region-access.ts'
import { answerConditions, askPods } from './region-answers.ts'
import { advanceFounding, type FoundingStep } from './region-founding.ts'
import { rotateRing } from './region-keys.ts'
import { findNames } from './region-names.ts'
import { planRegion } from './region-plans.ts'
import { rebuildPartitions } from './region-rebuild.ts'
import { removeRegion } from './region-removal.ts'
import { advanceRollout } from './region-rollout.ts'
import { ensureSecrets } from './region-secrets.ts'
import { statusFields } from './region-status.ts'
import {
  latePods,
  observedNodes,
  observedPartitions,
  strangePods,
  viewRegion,
  type RegionView,
} from './region-view.ts'
import { growVolumes } from './region-volumes.ts'
import { writeStatus } from './write-status.ts'

/**
 * What storage nodes tell of their clocks and volumes is asked for, certificates are looked at and drift
 * is corrected this often.
 */
const RESYNC_MS = 60_000
const PROGRESS_MS = 2_000
const BLOCKED_MS = 15_000

export function regionController(parts: ReconcilerParts): Controller {
  const reconciler = new RegionReconciler(parts)
  const ofApp = { 'app.kubernetes.io/name': APP_NAME }
  const managed = { 'app.kubernetes.io/managed-by': FIELD_MANAGER }
  return {
    name: 'region',
    sources: [
      {
        watch: (listener) => parts.api.watch(regions, {}, listener),
        keysOf: ({ metadata }) => [keyOf(metadata)],
      },
      labelledSource(parts, statefulSets, ofApp),
      labelledSource(parts, pods, ofApp),
      labelledSource(parts, secrets, managed),
      labelledSource(parts, storageNodes, {}),
      labelledSource(parts, partitions, {}),
      labelledSource(parts, placementMaps, {}),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

/** Objects that say by a label which region they belong to. */
function labelledSource(
  { api }: ReconcilerParts,
  type: ResourceType<KubernetesObject>,
  labels: Readonly<Record<string, string>>,
): ControllerSource {
  return {
    watch: (listener) => api.watch(type, { labels }, listener),
    keysOf({ metadata }) {
      const region = metadata.labels?.[REGION_LABEL]
      const { namespace } = metadata
      return region === undefined || namespace === undefined
        ? []
        : [keyOf({ namespace, name: region })]
    },
  }
}

class RegionReconciler {
  readonly #parts: ReconcilerParts

  constructor(parts: ReconcilerParts) {
    this.#parts = parts
  }

  async reconcile(key: string): Promise<Again | undefined> {
    const { api } = this.#parts
    const region = await api.get(regions, nameOfKey(key))
    if (region === undefined) return undefined
    if (region.metadata.deletionTimestamp !== undefined) return this.#remove(region)
    await holdWithFinalizer(api, regions, region, region.spec.deletionPolicy === 'Delete')
    const outcome = await planRegion(this.#parts, region)
    switch (outcome.kind) {
      case 'refused':
        return this.#refuse(region, outcome.refusal)
      case 'planned':
        return this.#advance(region, outcome.plan)
      default:
        return unreachable(outcome)
    }
  }

  async #advance(before: Region, plan: RegionPlan): Promise<Again> {
    const region = await this.#recordZones(before, plan)
    const names = await findNames(this.#parts, region)
    if (names.refusal !== undefined) return this.#refuse(region, names.refusal)
    const replaced = await ensureSecrets(this.#parts, plan)
    if (replaced !== undefined) await tell(this.#parts, region, 'Warning', replaced)
    await applyObjects(this.#parts.api, [
      ...desiredAccessRights(plan),
      ...desiredServices(plan),
      ...[desiredDisruptionBudget(plan), desiredNetworkPolicy(plan)],
      ...plan.zones.map((zone) => desiredStatefulSet(plan, zone)),
    ])
    const view = await viewRegion(this.#parts, plan.region, plan.namespace)
    const rebuilt = await rebuildPartitions(this.#parts, plan, region, view)
    const isBegun = region.status?.partitionsCreated ?? false
    const founding = await advanceFounding(this.#parts, plan, view, isBegun, async () => {
      await this.#write(region, plan, [], { partitionsCreated: true }, false)
    })
    const growth = await growVolumes(this.#parts, plan)
    const { rollout, conditions } = await this.#askAndRollOut(region, plan, view, founding)
    const progress = rebuilt ?? founding.unfounded ?? rollout ?? growth
    const more = [...names.conditions, ...conditions]
    await this.#report(region, plan, view, founding, progress, more)
    return { afterMs: progress === undefined ? RESYNC_MS : PROGRESS_MS }
  }

  /** Chosen once: written down before anything is made in them. */
  async #recordZones(region: Region, plan: RegionPlan): Promise<Region> {
    if (region.status?.zones !== undefined && region.status.zones.length > 0) return region
    return this.#write(region, plan, [zonesChosen(plan)], {}, false)
  }

  async #askAndRollOut(
    region: Region,
    plan: RegionPlan,
    view: RegionView,
    { unfounded }: FoundingStep,
  ): Promise<{ rollout?: Refusal | undefined; conditions: readonly ConditionChange[] }> {
    const open = unfounded === undefined ? await openRegion(this.#parts, region) : undefined
    if (open === undefined) return { conditions: [] }
    const answers = await askPods(this.#parts, view, open.connection)
    const conditions = await answerConditions(this.#parts, plan, view, answers)
    const ring = await rotateRing(this.#parts, plan, region, answers)
    const rollout = await advanceRollout(this.#parts, plan, view, open.connection, answers)
    return { rollout: rollout ?? ring, conditions }
  }

  async #report(
    region: Region,
    plan: RegionPlan,
    view: RegionView,
    { unfounded, isBegun }: FoundingStep,
    progress: Refusal | undefined,
    more: readonly ConditionChange[],
  ): Promise<void> {
    const { zones, spec } = plan
    const nodes = observedNodes(view, plan.region, zones, spec.storageNodesPerZone)
    const conditions = regionConditions({
      ...{ zones, nodes, unfounded, progress },
      partitions: observedPartitions(view),
      strangers: strangePods(view),
      late: latePods(view),
    })
    const fields = {
      ...statusFields(plan, view, nodes),
      ...(isBegun && { partitionsCreated: true }),
    }
    await this.#write(region, plan, [zonesChosen(plan), ...conditions, ...more], fields, true)
  }

  #write(
    region: Region,
    plan: RegionPlan,
    conditions: readonly ConditionChange[],
    fields: Readonly<Record<string, unknown>>,
    isWhole: boolean,
  ): Promise<Region> {
    const zones = plan.zones.map((name) => ({ name }))
    const known = region.status?.zones ?? zones
    return writeStatus(this.#parts, regions, region, {
      ...{ conditions, isWhole },
      fields: { zones: known.length > 0 ? known : zones, ...fields },
    })
  }

  async #refuse(region: Region, refusal: Refusal): Promise<Again> {
    const { reason, message } = refusal
    await tell(this.#parts, region, 'Warning', refusal)
    const isChosen = (region.status?.zones ?? []).length > 0
    await writeStatus(this.#parts, regions, region, {
      conditions: [
        ...blockedConditions(refusal),
        ...(isChosen ? [] : [said('ZonesChosen', false, reason, message)]),
      ],
    })
    return { afterMs: BLOCKED_MS }
  }

  async #remove(region: Region): Promise<Again | undefined> {
    const { api } = this.#parts
    const isKept = region.spec.deletionPolicy === 'Retain'
    const refusal = isKept ? undefined : await removeRegion(this.#parts, region)
    if (refusal === undefined) {
      await holdWithFinalizer(api, regions, region, false)
      return undefined
    }
    const { reason, message } = refusal
    const isBlocked = reason === 'DeletionBlocked'
    if (isBlocked) await tell(this.#parts, region, 'Warning', refusal)
    await writeStatus(this.#parts, regions, region, {
      conditions: [
        said('Ready', false, reason, message),
        said('Progressing', !isBlocked, reason, message),
      ],
    })
    return { afterMs: isBlocked ? BLOCKED_MS : PROGRESS_MS }
  }
}

function zonesChosen({ zones, spec }: RegionPlan): ConditionChange {
  const message = `${zones.join(', ')}, by the label ${spec.topologyKey}`
  const isEnough = zones.length >= ZONES_WANTED
  return said('ZonesChosen', true, isEnough ? 'Chosen' : 'FewerZonesAllowed', message)
}
