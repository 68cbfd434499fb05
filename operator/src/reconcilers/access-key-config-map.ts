/**
 * Writes the ConfigMap that an AccessKey asks for beside its Secret.
 *
 * @module
 */

import type { Refusal } from '../decisions/refusal.ts'
import { ACCESS_KEY_LABEL } from '../desired/access-key-secrets.ts'
import { desiredBucketConfigMap } from '../desired/bucket-config-map.ts'
import type { AccessKey } from '../resources/access-key.ts'
import { configMaps } from '../resources/built-in.ts'
import { regionHosts } from '../resources/names.ts'
import type { Region } from '../resources/region.ts'
import { applyObjects } from './apply-objects.ts'
import type { ReconcilerParts } from './parts.ts'

/** The Secret beside it is told plain HTTP too. */
const HTTP_PORT = 80

/** Says why the ConfigMap must not be written, or nothing. */
export async function mayNotWriteConfigMap(
  { api }: ReconcilerParts,
  key: AccessKey,
): Promise<Refusal | undefined> {
  const name = key.spec.configMapName
  if (name === null) return undefined
  const present = await api.get(configMaps, { namespace: key.metadata.namespace ?? '', name })
  if (present === undefined || isOf(present, key)) return undefined
  const message =
    `There is a ConfigMap ${name} that is not of this AccessKey: ` +
    'delete it, or set spec.configMapName to another name'
  return { reason: 'ConfigMapTaken', message }
}

/** Writes it once its bucket is known, and removes the one of an earlier name. */
export async function writeConfigMap(
  { api }: ReconcilerParts,
  key: AccessKey,
  { metadata }: Region,
  bucket: string | undefined,
): Promise<void> {
  const name = key.spec.configMapName
  if (name !== null && bucket !== undefined) {
    const host = regionHosts(metadata.name, metadata.namespace ?? '').internal
    const place = { host, port: HTTP_PORT, bucket, region: metadata.name }
    await applyObjects(api, [desiredBucketConfigMap(key, name, place)])
  }
  const before = key.status?.configMapName
  if (before === undefined || before === name) return
  const old = { namespace: key.metadata.namespace ?? '', name: before }
  const present = await api.get(configMaps, old)
  if (present !== undefined && isOf(present, key)) await api.delete(configMaps, old)
}

function isOf({ metadata }: { readonly metadata: AccessKey['metadata'] }, key: AccessKey): boolean {
  return metadata.labels?.[ACCESS_KEY_LABEL] === key.metadata.name
}
