/**
 * Makes and renews the Secrets of a region: its keys, its authority, and every certificate.
 *
 * @module
 */

import {
  internalHosts,
  podHost,
  serviceNames,
} from '@granary/storage-node/contract/storage-node-pod'
import type { KeyPair } from '../certificates/issue.ts'
import {
  authorityBundle,
  authorityKeys,
  renewAuthority,
  renewPair,
  signingAuthority,
  type SecretTexts,
} from '../certificates/region-authority.ts'
import type { CertificateNames } from '../decisions/certificate-renewal.ts'
import type { Refusal } from '../decisions/refusal.ts'
import type { RegionPlan } from '../desired/region-plan.ts'
import { decoded, desiredOwnedSecret } from '../desired/secrets.ts'
import { secrets } from '../resources/built-in.ts'
import { regionNames } from '../resources/names.ts'
import { applyObjects } from './apply-objects.ts'
import type { ReconcilerParts } from './parts.ts'
import { ensureKeys } from './region-keys.ts'
import { wantedPods } from './region-view.ts'

/** The name under which the operator shows itself. */
const OPERATOR = 'operator'
/** Whom the storage nodes of a zone believe. */
const AUTHORITY_FILE = 'authority.crt'
const PAIR_KEYS = { certificate: 'tls.crt', key: 'tls.key' } as const

/** Makes all of them true, the authority first; says what was found wrong. */
export async function ensureSecrets(
  parts: ReconcilerParts,
  plan: RegionPlan,
): Promise<Refusal | undefined> {
  const names = regionNames(plan.region)
  await ensureKeys(parts, plan)
  const held = await readSecret(parts, plan, names.authoritySecret)
  const { [AUTHORITY_FILE]: believed } = await readSecret(parts, plan, firstZoneSecret(plan))
  const authority = await renewAuthority(plan.region, held, believed, parts)
  await writeSecret(parts, plan, names.authoritySecret, held, authority)
  for (const zone of plan.zones) await ensureZone(parts, plan, authority, zone)
  await ensurePair(parts, plan, authority, names.operatorCertificate, operatorNames(plan))
  await ensurePair(parts, plan, authority, names.gatewayCertificate, gatewayNames(plan))
  const { certificate, nextCertificate } = authorityKeys
  const isMade = ![held[certificate], held[nextCertificate]].includes(authority[certificate])
  return isMade && believed !== undefined ? authorityReplaced(names.authoritySecret) : undefined
}

function authorityReplaced(name: string): Refusal {
  const message =
    `Secret ${name} was gone or held no authority: the region has a new one. ` +
    'Its storage nodes believe the one before too, and nothing is to be done'
  return { reason: 'AuthorityReplaced', message }
}

function firstZoneSecret({ region, zones: [zone = ''] }: RegionPlan): string {
  return regionNames(region).zoneCertificates(zone)
}

/** A pair for each pod of the zone, under the names that storage nodes read them by. */
async function ensureZone(
  parts: ReconcilerParts,
  plan: RegionPlan,
  authority: SecretTexts,
  zone: string,
): Promise<void> {
  const name = regionNames(plan.region).zoneCertificates(zone)
  const held = await readSecret(parts, plan, name)
  const texts: Record<string, string> = { [AUTHORITY_FILE]: authorityBundle(authority) }
  for (const pod of wantedPods(plan.region, [zone], plan.spec.storageNodesPerZone)) {
    const keys = { certificate: `${pod}.crt`, key: `${pod}.key` }
    const pair = await renewed(parts, authority, held, keys, podNames(plan, pod))
    texts[keys.certificate] = pair.certificate
    texts[keys.key] = pair.key
  }
  await writeSecret(parts, plan, name, held, texts)
}

async function ensurePair(
  parts: ReconcilerParts,
  plan: RegionPlan,
  authority: SecretTexts,
  name: string,
  names: CertificateNames,
): Promise<void> {
  const held = await readSecret(parts, plan, name)
  const pair = await renewed(parts, authority, held, PAIR_KEYS, names)
  await writeSecret(parts, plan, name, held, {
    [PAIR_KEYS.certificate]: pair.certificate,
    [PAIR_KEYS.key]: pair.key,
    'ca.crt': authorityBundle(authority),
  })
}

function renewed(
  parts: ReconcilerParts,
  authority: SecretTexts,
  held: SecretTexts,
  keys: { readonly certificate: string; readonly key: string },
  names: CertificateNames,
): Promise<KeyPair> {
  const [certificate, key] = [held[keys.certificate], held[keys.key]]
  const present = { ...(certificate && { certificate }), ...(key && { key }) }
  const signer = signingAuthority(authority, parts.clock.nowMs())
  return renewPair(signer, present, names, parts)
}

function podNames({ region, namespace }: RegionPlan, pod: string): CertificateNames {
  const host = podHost(region, namespace, pod)
  const hosts = [host, `${host}.cluster.local`]
  return { commonName: 'storage node', uris: [`granary://${region}/${pod}`], hosts }
}

function operatorNames({ region }: RegionPlan): CertificateNames {
  return { commonName: OPERATOR, uris: [`granary://${region}/${OPERATOR}`], hosts: [] }
}

/** Each host of the endpoint, and the buckets below it. */
function gatewayNames({ region, namespace }: RegionPlan): CertificateNames {
  const { gateway } = serviceNames(region)
  const hosts = internalHosts(region, namespace)
  const below = hosts.filter((host) => !host.startsWith(gateway)).map((host) => `*.${host}`)
  return { commonName: 'gateway', uris: [], hosts: [...hosts, ...below] }
}

async function readSecret(
  { api }: ReconcilerParts,
  { namespace }: RegionPlan,
  name: string,
): Promise<SecretTexts> {
  const secret = await api.get(secrets, { namespace, name })
  return decoded(secret?.data)
}

async function writeSecret(
  { api }: ReconcilerParts,
  plan: RegionPlan,
  name: string,
  held: SecretTexts,
  texts: SecretTexts,
): Promise<void> {
  const isSame =
    Object.keys(held).length === Object.keys(texts).length &&
    Object.entries(texts).every(([key, text]) => held[key] === text)
  if (!isSame) await applyObjects(api, [desiredOwnedSecret(plan, name, texts)])
}
