/**
 * Writes the Secret that applications read, and takes pairs from Secrets that others wrote.
 *
 * @module
 */

import type { Pair } from '../decisions/key-rotation.ts'
import type { Refusal } from '../decisions/refusal.ts'
import {
  ACCESS_KEY_LABEL,
  accessKeySecretName,
  desiredAccessKeySecret,
} from '../desired/access-key-secrets.ts'
import { decoded } from '../desired/secrets.ts'
import type { AccessKey, SecretKey } from '../resources/access-key.ts'
import { secrets, type Secret } from '../resources/built-in.ts'
import { regionHosts } from '../resources/names.ts'
import type { Region } from '../resources/region.ts'
import { applyObjects } from './apply-objects.ts'
import type { ReconcilerParts } from './parts.ts'

/** The Secret is told plain HTTP: nothing has to be trusted first. Its CA is beside it for HTTPS. */
const SCHEME = 'http'

export interface SecretDetails {
  readonly region: Region
  readonly pair: Pair
  readonly bucket: string | undefined
  readonly authority: string
}

/** Says why the Secret must not be written, or nothing. */
export async function mayNotWriteSecret(
  { api }: ReconcilerParts,
  key: AccessKey,
): Promise<Refusal | undefined> {
  const name = accessKeySecretName(key)
  if (name === key.spec.existingSecretRef?.name) {
    const message = `The Secret ${name} holds the pair already: set spec.secretName to another name`
    return { reason: 'SecretTaken', message }
  }
  const present = await api.get(secrets, { namespace: key.metadata.namespace ?? '', name })
  if (present === undefined || isOf(present, key)) return undefined
  const message =
    `There is a Secret ${name} that is not of this AccessKey: ` +
    'delete it, or set spec.secretName to another name'
  return { reason: 'SecretTaken', message }
}

/** Writes it, and removes the one of an earlier name. */
export async function writeSecret(
  { api }: ReconcilerParts,
  key: AccessKey,
  { region, pair, bucket, authority }: SecretDetails,
): Promise<void> {
  const { name, namespace = '' } = region.metadata
  const contents = {
    ...{ accessKeyId: pair.accessKeyId, accessKeySecret: pair.accessKeySecret },
    endpoint: `${SCHEME}://${regionHosts(name, namespace).internal}`,
    ...{ region: name, bucket, authority },
  }
  await applyObjects(api, [desiredAccessKeySecret(key, contents)])
  const before = key.status?.secretName
  if (before === undefined || before === accessKeySecretName(key)) return
  const old = { namespace: key.metadata.namespace ?? '', name: before }
  const present = await api.get(secrets, old)
  if (present !== undefined && isOf(present, key)) await api.delete(secrets, old)
}

/** The pair in the Secret that `existingSecretRef` names, or what is wrong with it. */
export async function readExistingPair(
  { api, clock }: ReconcilerParts,
  { metadata, spec }: AccessKey,
): Promise<Pair | Refusal> {
  const name = spec.existingSecretRef?.name ?? ''
  const secret = await api.get(secrets, { namespace: metadata.namespace ?? '', name })
  const { accessKeyId, accessKeySecret } = decoded(secret?.data)
  if (accessKeyId && accessKeySecret) {
    return { accessKeyId, accessKeySecret, state: 'Active', sinceMs: clock.nowMs() }
  }
  const what = secret === undefined ? 'There is no Secret' : 'There is no pair in the Secret'
  const message = `${what} ${name}: it must have the keys accessKeyId and accessKeySecret`
  return { reason: 'ExistingSecretInvalid', message }
}

/**
 * The pair that works, as applications were told it: for when the operator's own Secret was deleted or spoilt.
 * Without it they would be refused until they have read another one.
 */
export async function readToldPair(
  { api }: ReconcilerParts,
  key: AccessKey,
): Promise<readonly Pair[]> {
  const name = key.status?.secretName
  if (name === undefined) return []
  const secret = await api.get(secrets, { namespace: key.metadata.namespace ?? '', name })
  if (secret === undefined || !isOf(secret, key)) return []
  const texts = decoded(secret.data)
  const told = (of: SecretKey) => texts[key.spec.secretKeys[of] ?? of] ?? ''
  const accessKeyId = told('accessKeyId')
  const accessKeySecret = told('accessKeySecret')
  const known = key.status?.keys?.find((each) => each.accessKeyId === accessKeyId)
  if (known?.state !== 'Active' || accessKeySecret === '') return []
  return [{ accessKeyId, accessKeySecret, state: 'Active', sinceMs: Date.parse(known.since) }]
}

function isOf({ metadata }: Secret, key: AccessKey): boolean {
  return metadata.labels?.[ACCESS_KEY_LABEL] === key.metadata.name
}
