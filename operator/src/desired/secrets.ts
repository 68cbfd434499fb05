/**
 * Secrets of a region.
 *
 * The key ring belongs to nobody: with it access keys are opened, and it must outlive a Region whose
 * volumes are kept. What is issued anew goes away with the Region.
 *
 * @module
 */

import { basename } from 'node:path'
import { podPaths } from '@granary/storage-node/contract/storage-node-pod'
import { regionNames } from '../resources/names.ts'
import type { DesiredObject } from './kubernetes-object.ts'
import { keptMetadata, ownedMetadata } from './region-metadata.ts'
import type { RegionPlan } from './region-plan.ts'

/** The Secret is mounted as a directory: its key is the name of the file. */
export const KEY_RING_FILE = basename(podPaths.keyRing)
export const CALLBACK_KEY_FILE = basename(podPaths.callbackKey)

/** One key of the ring. */
export interface RingKey {
  readonly id: string
  /** 32 bytes, base64. */
  readonly key: string
  /** RFC 3339; undefined: with the Secret. */
  readonly madeAt?: string
}

/** The key ring, whose first key seals and all of which open, and the key of callbacks. */
export function desiredKeysSecret(
  plan: Pick<RegionPlan, 'region' | 'namespace'>,
  texts: Readonly<Record<string, string>>,
): DesiredObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: keptMetadata(plan, regionNames(plan.region).keysSecret),
    type: 'Opaque',
    data: encoded(texts),
  }
}

/** A Secret of the Region with these texts. */
export function desiredOwnedSecret(
  plan: RegionPlan,
  name: string,
  texts: Readonly<Record<string, string>>,
): DesiredObject {
  const isPair = texts['tls.crt'] !== undefined && texts['tls.key'] !== undefined
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(plan, name),
    type: isPair ? 'kubernetes.io/tls' : 'Opaque',
    data: encoded(texts),
  }
}

/** As `data` of a Secret holds texts. */
export function encoded(texts: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
  )
}

/** The texts in a Secret. */
export function decoded(data: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]),
  )
}
