/**
 * The Secrets of an AccessKey: the one that applications read, and the one in which the operator keeps
 * the pairs that work.
 *
 * The first follows from the second: somebody who edits it by hand or deletes it changes nothing.
 *
 * @module
 */

import { SECRET_KEYS, type AccessKey, type SecretKey } from '../resources/access-key.ts'
import { FIELD_MANAGER, regionLabels } from '../resources/names.ts'
import type { OwnerReference } from '../resources/kubernetes-object.ts'
import type { DesiredObject } from './kubernetes-object.ts'
import { encoded } from './secrets.ts'

/** On whatever is of an AccessKey: of which one, also when it was deleted and made again. */
export const ACCESS_KEY_LABEL = 'granary.dev/access-key'
/** Key of the operator's Secret. */
export const PAIRS_KEY = 'pairs.json'

/** What an application is told. */
export interface SecretContents {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  /** Host names without a scheme. */
  readonly endpoint: string
  readonly region: string
  /** The bucket, where the permissions are for one. */
  readonly bucket: string | undefined
  /** Who signs the region's certificates inside the cluster. */
  readonly authority: string | undefined
}

/** The name of the Secret that applications read. */
export function accessKeySecretName({ metadata, spec }: AccessKey): string {
  return spec.secretName ?? metadata.name
}

/** The name of the operator's Secret. */
export function pairsSecretName({ metadata }: Pick<AccessKey, 'metadata'>): string {
  return `${metadata.name}-access-key-pairs`
}

/** The Secret that applications read, its keys renamed as `secretKeys` asks. */
export function desiredAccessKeySecret(key: AccessKey, contents: SecretContents): DesiredObject {
  const values = valuesOf(contents)
  const texts = SECRET_KEYS.flatMap((name) => {
    const value = values[name]
    return value === undefined ? [] : [[key.spec.secretKeys[name] ?? name, value] as const]
  })
  return desiredSecret(key, accessKeySecretName(key), Object.fromEntries(texts))
}

/** The operator's Secret. */
export function desiredPairsSecret(key: AccessKey, pairs: readonly object[]): DesiredObject {
  return desiredSecret(key, pairsSecretName(key), { [PAIRS_KEY]: JSON.stringify(pairs) })
}

function desiredSecret(
  key: AccessKey,
  name: string,
  texts: Readonly<Record<string, string>>,
): DesiredObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: accessKeyMetadata(key, name),
    type: 'Opaque',
    data: encoded(texts),
  }
}

/** Of what is in the namespace of an AccessKey and goes with it. */
export function accessKeyMetadata({ metadata, spec }: AccessKey, name: string) {
  const labels = {
    ...(spec.regionRef !== null && regionLabels(spec.regionRef.name)),
    'app.kubernetes.io/managed-by': FIELD_MANAGER,
    [ACCESS_KEY_LABEL]: metadata.name,
  }
  const namespace = metadata.namespace ?? ''
  return { name, namespace, labels, ownerReferences: owners(metadata) }
}

function owners({ name, uid = '' }: AccessKey['metadata']): OwnerReference[] {
  const owner = { apiVersion: 'granary.dev/v1alpha1', kind: 'AccessKey', name, uid }
  return [{ ...owner, controller: true, blockOwnerDeletion: false }]
}

function valuesOf(contents: SecretContents): Readonly<Record<SecretKey, string | undefined>> {
  const { accessKeyId, accessKeySecret, endpoint, region, bucket, authority } = contents
  return {
    accessKeyId,
    accessKeySecret,
    endpoint,
    region,
    bucket,
    'ca.crt': authority,
    OSS_ACCESS_KEY_ID: accessKeyId,
    OSS_ACCESS_KEY_SECRET: accessKeySecret,
    OSS_ENDPOINT: endpoint,
    OSS_REGION: region,
    OSS_BUCKET: bucket,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: accessKeySecret,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
  }
}
