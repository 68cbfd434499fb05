/**
 * The Secret with what a region seals and signs with: its key ring, and the key of its callbacks.
 *
 * Made once. What somebody put there is left as it is: what is sealed with a key is opened with it alone.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { isKeyId, nextRingStep, type RingStep } from '../decisions/ring-rotation.ts'
import type { Refusal } from '../decisions/refusal.ts'
import { issueCallbackKey } from '../certificates/callback-key.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import {
  CALLBACK_KEY_FILE,
  decoded,
  desiredKeysSecret,
  KEY_RING_FILE,
  type RingKey,
} from '../desired/secrets.ts'
import { secrets, type Secret } from '../resources/built-in.ts'
import { timeText } from '../resources/conditions.ts'
import { regionNames } from '../resources/names.ts'
import type { Region } from '../resources/region.ts'
import type { ReconcilerParts } from './parts.ts'
import type { PodAnswers } from './region-answers.ts'
import { wantedPods } from './region-view.ts'

const RING_KEY_BYTES = 32
const KEY_ID_BYTES = 4
/** On a Region: the id of the key that its secrets are to be sealed with. */
export const RING_KEY_ANNOTATION = 'granary.dev/ring-key'

/** Makes what is missing. */
export async function ensureKeys(parts: ReconcilerParts, plan: RegionPlan): Promise<void> {
  const present = await findSecret(parts, plan)
  const { [KEY_RING_FILE]: ring, [CALLBACK_KEY_FILE]: callback } = decoded(present?.data)
  if (ring !== undefined && callback !== undefined) return
  const texts = {
    [KEY_RING_FILE]: ring ?? ringText([newKey(parts, undefined)]),
    [CALLBACK_KEY_FILE]: callback ?? JSON.stringify(await issueCallbackKey(parts.callbackKeyBits)),
  }
  await writeSecret(parts, plan, present, texts)
}

/** Goes on with giving the ring another key; says what it waits for. */
export async function rotateRing(
  parts: ReconcilerParts,
  plan: RegionPlan,
  region: Region,
  answers: PodAnswers,
): Promise<Refusal | undefined> {
  const present = await findSecret(parts, plan)
  const texts = decoded(present?.data)
  const keys = ringKeys(texts[KEY_RING_FILE])
  if (present === undefined || keys === undefined) return undefined
  const wanted = region.metadata.annotations?.[RING_KEY_ANNOTATION]
  if (wanted !== undefined && !isKeyId(wanted)) return notAnId(wanted)
  const madeAt = present.metadata.creationTimestamp ?? ''
  const step = nextRingStep({
    keys: keys.map((key) => ({ id: key.id, madeMs: Date.parse(key.madeAt ?? madeAt) || 0 })),
    wanted,
    heldByAll: heldByAll(plan, answers),
    nowMs: parts.clock.nowMs(),
  })
  const next = ringAfter(parts, keys, step)
  if (next !== undefined) {
    await writeSecret(parts, plan, present, { ...texts, [KEY_RING_FILE]: ringText(next) })
    parts.logger.info('The key ring has changed', { region: plan.region, step: step.kind })
  }
  return step.kind === 'add' || step.kind === 'wait' ? ringWaits() : undefined
}

/** The keys as they are to be; undefined: as they are. */
function ringAfter(
  parts: ReconcilerParts,
  keys: readonly RingKey[],
  step: RingStep,
): readonly RingKey[] | undefined {
  switch (step.kind) {
    case 'keep':
    case 'wait':
      return undefined
    case 'add':
      return [...keys, newKey(parts, step.id)]
    case 'seal': {
      const isNext = ({ id }: RingKey) => id === step.id
      return [...keys.filter(isNext), ...keys.filter((key) => !isNext(key))]
    }
    default:
      return unreachable(step)
  }
}

/** Under an id that no key had before: a ring that was lost and made anew is another one. */
function newKey({ random, clock }: ReconcilerParts, id: string | undefined): RingKey {
  return {
    id: id ?? `k-${Buffer.from(random.bytes(KEY_ID_BYTES)).toString('hex')}`,
    key: Buffer.from(random.bytes(RING_KEY_BYTES)).toString('base64'),
    madeAt: timeText(clock.nowMs()),
  }
}

/** Only what every storage node says counts, also those that are away. */
function heldByAll(plan: RegionPlan, { statuses }: PodAnswers): ReadonlySet<string> {
  const pods = wantedPods(plan.region, plan.zones, plan.spec.storageNodesPerZone)
  const rings = pods.map((pod) => new Set(statuses.get(pod)?.ringKeys))
  const [first = new Set<string>(), ...others] = rings
  return new Set([...first].filter((id) => others.every((ring) => ring.has(id))))
}

/** Undefined: it is no ring, and nobody but whoever wrote it may change it. */
function ringKeys(text = ''): readonly RingKey[] | undefined {
  try {
    const { keys } = JSON.parse(text) as { readonly keys: readonly RingKey[] }
    return keys.every(({ id, key }) => isKeyId(id) && typeof key === 'string') ? keys : undefined
  } catch {
    return undefined
  }
}

function ringText(keys: readonly RingKey[]): string {
  return JSON.stringify({ keys })
}

function ringWaits(): Refusal {
  const message =
    'The key ring has a new key, which seals once every storage node has it: ' +
    'Kubernetes hands it to the pods within a minute or two'
  return { reason: 'KeyRingWaits', message }
}

function notAnId(wanted: string): Refusal {
  const message =
    `The annotation ${RING_KEY_ANNOTATION} must be 1 to 64 letters, digits, ".", "_" or "-", ` +
    `is "${wanted.slice(0, 64)}": the key ring stays as it is`
  return { reason: 'RingKeyMisnamed', message }
}

function findSecret(
  { api }: ReconcilerParts,
  { region, namespace }: RegionPlan,
): Promise<Secret | undefined> {
  return api.get(secrets, { namespace, name: regionNames(region).keysSecret })
}

/** Never over something that somebody has written since it was looked at. */
async function writeSecret(
  { api }: ReconcilerParts,
  plan: RegionPlan,
  present: Secret | undefined,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const wanted = desiredKeysSecret(plan, texts)
  if (present === undefined) {
    await api.create(secrets, wanted)
    return
  }
  const { uid, resourceVersion } = present.metadata
  const seen = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
  await api.apply(secrets, { ...wanted, metadata: { ...wanted.metadata, ...seen } })
}
