/**
 * Keeps the pairs of an AccessKey in its region, and the one that is used in a Secret.
 *
 * A pair is remembered before the region hears of it, known to the region before applications hear of
 * it, and removed from the region before it is forgotten: whatever is cut short can be gone on with.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { accountUidOf } from '@granary/storage-node/contract/account-uid'
import { mayNotHaveAccount } from '../decisions/allowed-namespace.ts'
import { decideRotation, promoteNext, type Pair } from '../decisions/key-rotation.ts'
import { said } from '../decisions/region-conditions.ts'
import type { Refusal } from '../decisions/refusal.ts'
import { ACCESS_KEY_LABEL, accessKeySecretName } from '../desired/access-key-secrets.ts'
import { accessKeys, type AccessKey } from '../resources/access-key.ts'
import { buckets } from '../resources/bucket.ts'
import { configMaps, secrets } from '../resources/built-in.ts'
import { isTrue, timeText } from '../resources/conditions.ts'
import { durationMs } from '../resources/fields.ts'
import { keyOf, nameOfKey, type KubernetesObject } from '../resources/kubernetes-object.ts'
import { FIELD_MANAGER } from '../resources/names.ts'
import type { Again, Controller, ObjectListener } from '../runtime/controller.ts'
import type { Answer } from '../storage-nodes/region-admin.ts'
import { mayNotWriteConfigMap, writeConfigMap } from './access-key-config-map.ts'
import { makePair, readPairs, savePairs } from './access-key-pairs.ts'
import { findRights, type KeyRights } from './access-key-policies.ts'
import {
  mayNotWriteSecret,
  readExistingPair,
  readToldPair,
  writeSecret,
} from './access-key-secret.ts'
import { tell } from './events.ts'
import { holdWithFinalizer } from './finalizer.ts'
import type { ReconcilerParts } from './parts.ts'
import { findWay, type RegionWay } from './reachable-region.ts'
import { References } from './references.ts'
import { dependentSource, regionSource } from './region-dependents.ts'
import { writeStatus } from './write-status.ts'

const RESYNC_MS = 300_000
const RETRY_MS = 5_000
const BLOCKED_MS = 30_000

type OpenWay = Extract<RegionWay, { kind: 'open' | 'forbidden' }>

export function accessKeyController(parts: ReconcilerParts): Controller {
  const references = new References()
  const reconciler = new AccessKeyReconciler(parts)
  return {
    name: 'access-key',
    workerCount: 4,
    sources: [
      dependentSource(parts, accessKeys, references),
      regionSource(parts.api, references),
      ...[secrets, configMaps].map((type) => ({
        watch: (listener: ObjectListener) => {
          return parts.api.watch(type, { labels: { [MANAGED_BY]: FIELD_MANAGER } }, listener)
        },
        keysOf: keysOfWritten,
      })),
      {
        watch: (listener) => parts.api.watch(buckets, {}, listener),
        keysOf: ({ metadata }) => reconciler.waitingFor(metadata.namespace ?? ''),
      },
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

const MANAGED_BY = 'app.kubernetes.io/managed-by'

/** What is edited or deleted by hand is written again. */
function keysOfWritten({ metadata }: KubernetesObject): readonly string[] {
  const name = metadata.labels?.[ACCESS_KEY_LABEL]
  const { namespace } = metadata
  return name === undefined || namespace === undefined ? [] : [keyOf({ namespace, name })]
}

class AccessKeyReconciler {
  readonly #parts: ReconcilerParts
  /** By key, the namespace: their permissions wait for a Bucket. */
  readonly #waiting = new References()

  constructor(parts: ReconcilerParts) {
    this.#parts = parts
  }

  /** AccessKeys of a namespace whose permissions name a Bucket that is not there. */
  waitingFor(namespace: string): readonly string[] {
    return this.#waiting.of(namespace)
  }

  async reconcile(name: string): Promise<Again | undefined> {
    const { api } = this.#parts
    const key = await api.get(accessKeys, nameOfKey(name))
    this.#waiting.set(name, undefined)
    if (key === undefined) return undefined
    const way = await findWay(this.#parts, key, key.spec.regionRef)
    if (key.metadata.deletionTimestamp !== undefined) return this.#remove(key, way)
    await holdWithFinalizer(api, accessKeys, key, true)
    switch (way.kind) {
      case 'open':
        return this.#keep(key, way)
      case 'forbidden':
        return (await this.#takeAway(key, way)) ?? this.#refuse(key, way.refusal)
      case 'gone':
      case 'unfounded':
        return this.#refuse(key, way.refusal)
      default:
        return unreachable(way)
    }
  }

  async #keep(key: AccessKey, way: OpenWay): Promise<Again> {
    const { namespace = '' } = key.metadata
    const refusal =
      mayNotHaveAccount(way.region, namespace, accountOf(key)) ??
      (await mayNotWriteSecret(this.#parts, key)) ??
      (await mayNotWriteConfigMap(this.#parts, key))
    if (refusal !== undefined) return this.#refuse(key, refusal)
    const pairs = await this.#pairs(key)
    if (isRefusal(pairs)) return this.#refuse(key, pairs)
    const nowMs = this.#parts.clock.nowMs()
    const rotation = decideRotation(pairs, timesOf(key), nowMs)
    const ready = rotation.needsNext ? await this.#addPair(key, pairs) : pairs
    await this.#claim(key, ready)
    const rights = await findRights(this.#parts, key)
    const failed = await this.#putPairs(key, way, ready, rights)
    if (failed !== undefined) return this.#fail(key, failed)
    const promoted = promoteNext(ready, nowMs)
    if (promoted !== ready) await savePairs(this.#parts, key, promoted)
    await this.#tellApplication(key, way, promoted, rights)
    const kept = promoted.filter(({ accessKeyId }) => {
      return !rotation.expired.some((pair) => pair.accessKeyId === accessKeyId)
    })
    const left = await this.#removeOthers(key, way, promoted, kept)
    if (left !== undefined) return this.#fail(key, left)
    await this.#report(key, way, kept, rights)
    return { afterMs: Math.min(rotation.againMs ?? RESYNC_MS, expiryMs(key, nowMs), RESYNC_MS) }
  }

  /** The pairs as they are kept, or the one that somebody else made. */
  async #pairs(key: AccessKey): Promise<readonly Pair[] | Refusal> {
    if (key.spec.existingSecretRef === null) {
      const kept = await readPairs(this.#parts, key)
      return kept.length > 0 ? kept : readToldPair(this.#parts, key)
    }
    const pair = await readExistingPair(this.#parts, key)
    if (isRefusal(pair)) return pair
    const known = key.status?.keys?.find(({ accessKeyId }) => accessKeyId === pair.accessKeyId)
    return [known === undefined ? pair : { ...pair, sinceMs: Date.parse(known.since) }]
  }

  async #addPair(key: AccessKey, pairs: readonly Pair[]): Promise<readonly Pair[]> {
    const { random, clock } = this.#parts
    const withNext = [...pairs, makePair(random, clock.nowMs())]
    await savePairs(this.#parts, key, withNext)
    return withNext
  }

  /** Pairs are in the status before the region has them: what is in no status is nobody's. */
  async #claim(key: AccessKey, pairs: readonly Pair[]): Promise<void> {
    const claimed = new Set((key.status?.keys ?? []).map(({ accessKeyId }) => accessKeyId))
    const added = pairs.filter(({ accessKeyId }) => !claimed.has(accessKeyId))
    if (added.length === 0) return
    await writeStatus(this.#parts, accessKeys, key, {
      conditions: [],
      fields: { keys: [...(key.status?.keys ?? []), ...added.map(keyStatus)] },
      isWhole: false,
    })
  }

  /** Says what went wrong; undefined: the region has them all. */
  async #putPairs(
    key: AccessKey,
    { region, connection }: OpenWay,
    pairs: readonly Pair[],
    { policies }: KeyRights,
  ): Promise<Failure | undefined> {
    const account = accountUidOf(region.metadata.name, accountOf(key))
    const named = await connection.putAccount(account, accountOf(key))
    if (named.kind !== 'ok') return named
    const { enabled, expiresAt } = key.spec
    for (const { accessKeyId, accessKeySecret } of pairs) {
      const answer = await connection.putAccessKey(accessKeyId, {
        ...{ account, accessKeySecret, enabled, expiresAt, policies },
        // One user through all rotations, for policies that name it.
        user: policies === null ? null : key.metadata.name,
      })
      if (answer.kind !== 'ok') return answer
    }
    return undefined
  }

  async #tellApplication(
    key: AccessKey,
    { region, authority }: OpenWay,
    pairs: readonly Pair[],
    { bucket }: KeyRights,
  ): Promise<void> {
    const pair = pairs.find(({ state }) => state === 'Active')
    if (pair === undefined) return
    await writeSecret(this.#parts, key, { region, pair, bucket, authority })
    await writeConfigMap(this.#parts, key, region, bucket)
  }

  /** Removes from the region what is known to have been there and is not to stay. */
  async #removeOthers(
    key: AccessKey,
    { connection }: OpenWay,
    pairs: readonly Pair[],
    kept: readonly Pair[],
  ): Promise<Failure | undefined> {
    const stays = new Set(kept.map(({ accessKeyId }) => accessKeyId))
    for (const accessKeyId of knownIds(key, pairs)) {
      if (stays.has(accessKeyId)) continue
      const answer = await connection.deleteAccessKey(accessKeyId)
      if (answer.kind !== 'ok') return answer
    }
    if (kept.length < pairs.length) await savePairs(this.#parts, key, kept)
    return undefined
  }

  async #report(
    key: AccessKey,
    { region }: OpenWay,
    pairs: readonly Pair[],
    { refusal, bucket }: KeyRights,
  ): Promise<void> {
    const active = pairs.find(({ state }) => state === 'Active')
    const ids = (key.status?.keys ?? []).map(({ accessKeyId }) => accessKeyId)
    const isRotated = ids.length > 0 && active !== undefined && pairs.length > 1
    if (refusal !== undefined) {
      await tell(this.#parts, key, 'Warning', refusal)
      if (refusal.reason === 'BucketNotFound') {
        this.#waiting.set(keyOf(key.metadata), key.metadata.namespace)
      }
    }
    const { reason, message } = refusal ?? usable(key, this.#parts.clock.nowMs())
    await writeStatus(this.#parts, accessKeys, key, {
      conditions: [said('Ready', reason === USABLE, reason, message)],
      fields: {
        uid: accountUidOf(region.metadata.name, accountOf(key)),
        secretName: accessKeySecretName(key),
        configMapName: configMapNameOf(key, bucket),
        keys: pairs.map(keyStatus),
        ...(isRotated && { lastRotation: timeText(active.sinceMs) }),
      },
    })
  }

  /** Removes every pair from the region; undefined: none is left there. */
  async #takeAway(key: AccessKey, { connection }: OpenWay): Promise<Again | undefined> {
    for (const accessKeyId of knownIds(key, await readPairs(this.#parts, key))) {
      const answer = await connection.deleteAccessKey(accessKeyId)
      if (answer.kind !== 'ok') return this.#fail(key, answer)
    }
    return undefined
  }

  async #remove(key: AccessKey, way: RegionWay): Promise<Again | undefined> {
    const isThere = way.kind === 'open' || way.kind === 'forbidden'
    const again = isThere ? await this.#takeAway(key, way) : undefined
    if (again !== undefined) return again
    await holdWithFinalizer(this.#parts.api, accessKeys, key, false)
    return undefined
  }

  async #fail(key: AccessKey, answer: Failure): Promise<Again> {
    if (answer.kind === 'refused') {
      return this.#refuse(key, { reason: reasonOf(answer.code), message: answer.message })
    }
    const isKnown = isTrue(key.status?.conditions, 'Ready')
    const isGoing = key.metadata.deletionTimestamp !== undefined
    await writeStatus(this.#parts, accessKeys, key, {
      conditions:
        isKnown && !isGoing ? [] : [said('Ready', false, 'RegionUnreachable', answer.message)],
      isWhole: false,
    })
    return { afterMs: RETRY_MS }
  }

  async #refuse(key: AccessKey, refusal: Refusal): Promise<Again> {
    await tell(this.#parts, key, 'Warning', refusal)
    await writeStatus(this.#parts, accessKeys, key, {
      conditions: [said('Ready', false, refusal.reason, refusal.message)],
    })
    return { afterMs: BLOCKED_MS }
  }
}

type Failure = Exclude<Answer<unknown>, { kind: 'ok' }>

const USABLE = 'Usable'

function usable({ spec, metadata }: AccessKey, nowMs: number): Refusal {
  if (!spec.enabled) return { reason: 'Disabled', message: 'spec.enabled is false' }
  if (spec.expiresAt !== null && nowMs >= Date.parse(spec.expiresAt)) {
    const message = `The pair was refused from ${spec.expiresAt} on: set another spec.expiresAt`
    return { reason: 'Expired', message }
  }
  const secret = spec.secretName ?? metadata.name
  return { reason: USABLE, message: `The pair is in the Secret ${secret}` }
}

/** From when on the pair is refused, if that is to come. */
function expiryMs({ spec }: AccessKey, nowMs: number): number {
  const leftMs = spec.expiresAt === null ? 0 : Date.parse(spec.expiresAt) - nowMs
  return leftMs > 0 ? leftMs : RESYNC_MS
}

function accountOf({ metadata, spec }: AccessKey): string {
  return spec.account ?? metadata.namespace ?? ''
}

/** The ConfigMap that is there. */
function configMapNameOf({ spec, status }: AccessKey, bucket: string | undefined) {
  if (spec.configMapName === null) return undefined
  return bucket === undefined ? status?.configMapName : spec.configMapName
}

function timesOf({ spec }: AccessKey) {
  if (spec.rotation === null) return undefined
  const { every, overlap } = spec.rotation
  return { everyMs: durationMs(every), overlapMs: durationMs(overlap) }
}

function keyStatus({ accessKeyId, state, sinceMs }: Pair) {
  const isRetiring = state === 'Retiring'
  return { accessKeyId, state: isRetiring ? 'Retiring' : 'Active', since: timeText(sinceMs) }
}

function knownIds({ status }: AccessKey, pairs: readonly Pair[]): ReadonlySet<string> {
  return new Set([...(status?.keys ?? []), ...pairs].map(({ accessKeyId }) => accessKeyId))
}

function isRefusal(value: object): value is Refusal {
  return 'reason' in value
}

/** Codes of the region are CamelCase already; a bare status is not. */
function reasonOf(code: string): string {
  return /^[A-Za-z]/.test(code) ? code : 'Refused'
}
