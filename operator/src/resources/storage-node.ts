/**
 * StorageNode: what a pod of a Region says of itself. Written by machines.
 *
 * @module
 */

import { z } from 'zod'
import { defineResource } from './definition.ts'
import type { ResourceOf } from './definition.ts'

const ADDRESS_LENGTH_MAX = 260
const address = (what: string) =>
  z
    .string()
    .regex(/^\S+:[0-9]{1,5}$/)
    .max(ADDRESS_LENGTH_MAX)
    .describe(what)

const spec = z
  .object({
    storeId: z
      .string()
      .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      .max(36)
      .describe('Store on the volume of the pod. Another volume is another store.'),
    pod: z.string().max(63).describe('Name of the pod.'),
    zone: z.string().max(63).describe('Zone that it is in.'),
    address: address('Where other storage nodes reach it, host:port.'),
    beaconAddress: address('Where it receives beacons, host:port.'),
    adminAddress: address('Where the operator reaches it, host:port.'),
  })
  .describe('Who it is and where. Written by the storage node.')

const status = z
  .object({
    state: z
      .enum(['Starting', 'Ready', 'Draining'])
      .optional()
      .describe('Starting: not serving yet. Ready: serving. Draining: about to stop.'),
    version: z.string().max(128).optional().describe('Version that it runs.'),
    protocolVersion: z
      .int()
      .min(0)
      .optional()
      .describe('Version of the protocol between storage nodes.'),
    recordVersion: z.int().min(0).optional().describe('Version of the records that it writes.'),
    capacityBytes: z.int().min(0).optional().describe('Bytes of its volume.'),
    usedBytes: z.int().min(0).optional().describe('Bytes used of these.'),
    at: z
      .string()
      .meta({ format: 'date-time' })
      .optional()
      .describe('When it wrote this: on each change, and every five minutes. No heartbeat.'),
  })
  .describe('How it is. Written by the storage node.')

export const storageNodes = defineResource({
  kind: 'StorageNode',
  plural: 'storagenodes',
  shortNames: ['ossn'],
  description: 'A StorageNode is a pod of a Region with its store, as it presents itself.',
  columns: [
    { name: 'Zone', type: 'string', jsonPath: '.spec.zone', description: 'Zone that it is in' },
    { name: 'State', type: 'string', jsonPath: '.status.state', description: 'How it is' },
    {
      name: 'Version',
      type: 'string',
      jsonPath: '.status.version',
      description: 'Version that it runs',
    },
    {
      name: 'Store',
      type: 'string',
      jsonPath: '.spec.storeId',
      description: 'Store on its volume',
      priority: 1,
    },
    {
      name: 'Used',
      type: 'integer',
      jsonPath: '.status.usedBytes',
      description: 'Bytes used',
      priority: 1,
    },
    {
      name: 'Age',
      type: 'date',
      jsonPath: '.metadata.creationTimestamp',
      description: 'Since when it exists',
    },
  ],
  spec,
  status,
})

export type StorageNode = ResourceOf<typeof storageNodes>
