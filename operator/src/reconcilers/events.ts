/**
 * Tells people what happens to a resource, as `kubectl describe` shows it.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { KubernetesStatusError } from '@granary/storage-node/kubernetes/api-client'
import type { Refusal } from '../decisions/refusal.ts'
import { clusterEvents } from '../resources/built-in.ts'
import { timeText } from '../resources/conditions.ts'
import type { KubernetesObject } from '../resources/kubernetes-object.ts'
import { FIELD_MANAGER } from '../resources/names.ts'
import type { ReconcilerParts } from './parts.ts'

const MESSAGE_CHARS_MAX = 1024
const HASH_CHARS = 16

/**
 * Makes an event. The same words about the same object make one event for as long as the cluster keeps
 * it: a reconcile that comes to the same end every few seconds does not fill the list. An event that
 * cannot be written is no reason to fail.
 */
export async function tell(
  { api, clock, logger }: ReconcilerParts,
  { apiVersion, kind, metadata }: KubernetesObject,
  type: 'Normal' | 'Warning',
  { reason, message }: Refusal,
): Promise<void> {
  const { name, namespace = '', uid = '' } = metadata
  const words = createHash('sha256').update(`${uid} ${type} ${reason} ${message}`).digest('hex')
  const time = timeText(clock.nowMs())
  try {
    await api.create(clusterEvents, {
      apiVersion: clusterEvents.apiVersion,
      kind: clusterEvents.kind,
      metadata: { name: `${name}.${words.slice(0, HASH_CHARS)}`, namespace },
      involvedObject: { apiVersion, kind, name, namespace, uid },
      ...{ type, reason, message: message.slice(0, MESSAGE_CHARS_MAX) },
      ...{ firstTimestamp: time, lastTimestamp: time, count: 1 },
      source: { component: FIELD_MANAGER },
    })
  } catch (error) {
    // Its namespace is being deleted: there is nobody to read of it.
    if (isEnding(error)) return
    logger.warn('An event was not written', { kind, name, why: (error as Error).message })
  }
}

function isEnding(error: unknown): boolean {
  return (
    error instanceof KubernetesStatusError &&
    [403, 404].includes(error.status) &&
    /being terminated|not found/i.test(error.message)
  )
}
