/**
 * What a storage node's pod mounts.
 *
 * Secrets are mounted whole: a mount of one file of a Secret never sees that it was replaced.
 *
 * @module
 */

import { podPaths } from '@granary/storage-node/contract/storage-node-pod'
import { regionNames } from '../resources/names.ts'
import { DATA_VOLUME } from './region-metadata.ts'
import type { RegionPlan } from './region-plan.ts'

/** Read by the owner and by the group that the files are given to. */
const SECRET_MODE = 0o440

/** The volumes, but for the one that is claimed. */
export function podVolumes(plan: RegionPlan, zone: string) {
  const { region, spec } = plan
  const { zoneCertificates, keysSecret, gatewayCertificate } = regionNames(region)
  const secrets: [name: string, secretName: string][] = [
    ['certificates', zoneCertificates(zone)],
    ['keys', keysSecret],
    ['gateway', gatewayCertificate],
  ]
  return [
    ...secrets.map(([name, secretName]) => {
      return { name, secret: { secretName, defaultMode: SECRET_MODE } }
    }),
    // A host whose certificate is still to be made keeps no storage node from starting.
    ...withCertificates(spec.endpoints.external).map(({ at, tlsSecretName }) => {
      const secret = { secretName: tlsSecretName, defaultMode: SECRET_MODE, optional: true }
      return { name: externalVolume(at), secret }
    }),
    { name: 'tmp', emptyDir: {} },
  ]
}

/** Where they are. */
export function podVolumeMounts({ spec }: RegionPlan) {
  return [
    { name: DATA_VOLUME, mountPath: podPaths.volume },
    { name: 'tmp', mountPath: podPaths.temporary },
    { name: 'certificates', mountPath: podPaths.certificates, readOnly: true },
    { name: 'keys', mountPath: podPaths.keys, readOnly: true },
    { name: 'gateway', mountPath: podPaths.gateway, readOnly: true },
    ...withCertificates(spec.endpoints.external).map(({ at }) => {
      return { name: externalVolume(at), mountPath: externalDirectory(at), readOnly: true }
    }),
  ]
}

/** Where the certificate of an external host is, by its place in the list. */
export function externalDirectory(at: number): string {
  return `${podPaths.external}/${at}`
}

function externalVolume(at: number): string {
  return `external-${at}`
}

function withCertificates(external: RegionPlan['spec']['endpoints']['external']) {
  return external.flatMap(({ tlsSecretName }, at) =>
    tlsSecretName === null ? [] : [{ at, tlsSecretName }],
  )
}
