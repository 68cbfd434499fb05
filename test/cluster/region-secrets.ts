/**
 * The Secrets of a region: certificates of its storage nodes and of the operator, what clients are shown, the key
 * ring.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { internalHosts } from '../../storage-node/src/contract/storage-node-pod.ts'
import { makeLocalCertificates } from '../../storage-node/src/testing.ts'
import { NAMESPACE, PODS, REGION, secret, zoneCertificates, ZONES } from './region-manifests.ts'

export interface CredentialFilePaths {
  readonly key: string
  readonly certificate: string
  readonly authority: string
}

export interface RegionSecrets {
  readonly objects: readonly object[]
  /** Of the operator. */
  readonly operator: CredentialFilePaths
}

/** Makes them in a folder, which the operator's files stay in. */
export async function makeRegionSecrets(folder: string): Promise<RegionSecrets> {
  const names = [...PODS, 'operator']
  const made = await makeLocalCertificates({ directory: folder, region: REGION, names })
  const operator = made.get('operator')
  if (operator === undefined) throw new Error('There is no certificate for the operator')
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')
  const zones = ZONES.map((zone, at) => {
    const files = ['authority.crt', `${PODS[at]}.crt`, `${PODS[at]}.key`]
    return secret(
      zoneCertificates(zone),
      Object.fromEntries(files.map((file) => [file, text(file)])),
    )
  })
  const key = randomBytes(32).toString('base64')
  const ring = secret(`${REGION}-keys`, {
    'keys.json': JSON.stringify({ keys: [{ id: 'k1', key }] }),
  })
  return { objects: [...zones, ring, gatewayCertificate(folder, 'first')], operator }
}

/** What clients are shown, in the name of `owner`. */
export function gatewayCertificate(folder: string, owner: string): object {
  const [host = ''] = internalHosts(REGION, NAMESPACE)
  return secret(`${REGION}-gateway-certificate`, makeCertificate(folder, owner, host))
}

/** A certificate for a host and all its buckets, in the name of `owner`, which signs itself; as a Secret holds it. */
export function makeCertificate(folder: string, owner: string, host: string) {
  const files = { key: join(folder, 'tls.key'), certificate: join(folder, 'tls.crt') }
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-days', '30', '-subj', `/CN=${owner}`, '-addext'],
      ...[`subjectAltName=DNS:${host},DNS:*.${host}`, '-keyout', files.key],
      ...['-out', files.certificate],
    ],
    { stdio: 'ignore' },
  )
  return {
    'tls.crt': readFileSync(files.certificate, 'utf8'),
    'tls.key': readFileSync(files.key, 'utf8'),
  }
}
