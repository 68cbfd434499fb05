/**
 * The pairs of an AccessKey, as the operator keeps them in a Secret of its own.
 *
 * @module
 */

import { toBase32 } from '@granary/storage-node/base/base32'
import type { Random } from '@granary/storage-node/base/random'
import type { Pair } from '../decisions/key-rotation.ts'
import { desiredPairsSecret, PAIRS_KEY, pairsSecretName } from '../desired/access-key-secrets.ts'
import { decoded } from '../desired/secrets.ts'
import type { AccessKey } from '../resources/access-key.ts'
import { secrets } from '../resources/built-in.ts'
import { timeText } from '../resources/conditions.ts'
import { applyObjects } from './apply-objects.ts'
import type { ReconcilerParts } from './parts.ts'

const ID_PREFIX = 'GRAN'
const ID_BYTES = 10
const SECRET_BYTES = 25

interface StoredPair {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly state: Pair['state']
  readonly since: string
}

/** A pair that nobody has seen yet. */
export function makePair(random: Random, nowMs: number): Pair {
  return {
    accessKeyId: ID_PREFIX + toBase32(random.bytes(ID_BYTES)),
    accessKeySecret: toBase32(random.bytes(SECRET_BYTES)).toLowerCase(),
    state: 'Next',
    sinceMs: nowMs,
  }
}

/** The pairs that were kept; none where the Secret is not there or somebody has spoilt it. */
export async function readPairs(
  { api, logger }: ReconcilerParts,
  key: AccessKey,
): Promise<readonly Pair[]> {
  const { namespace = '', name } = key.metadata
  const secret = await api.get(secrets, { namespace, name: pairsSecretName(key) })
  const text = decoded(secret?.data)[PAIRS_KEY]
  if (text === undefined) return []
  const pairs = parsePairs(text)
  if (pairs === undefined) logger.warn('The pairs of an access key cannot be read', { name })
  return pairs ?? []
}

export async function savePairs(
  { api }: ReconcilerParts,
  key: AccessKey,
  pairs: readonly Pair[],
): Promise<void> {
  const stored = pairs.map(({ accessKeyId, accessKeySecret, state, sinceMs }): StoredPair => {
    return { accessKeyId, accessKeySecret, state, since: timeText(sinceMs) }
  })
  await applyObjects(api, [desiredPairsSecret(key, stored)])
}

function parsePairs(text: string): readonly Pair[] | undefined {
  try {
    const stored = JSON.parse(text) as readonly StoredPair[]
    const pairs = stored.map(({ since, ...pair }) => ({ ...pair, sinceMs: Date.parse(since) }))
    return pairs.every(isPair) ? pairs : undefined
  } catch {
    return undefined
  }
}

function isPair({ accessKeyId, accessKeySecret, state, sinceMs }: Pair): boolean {
  return (
    [accessKeyId, accessKeySecret].every((text) => typeof text === 'string' && text !== '') &&
    ['Next', 'Active', 'Retiring'].includes(state) &&
    Number.isFinite(sinceMs)
  )
}
