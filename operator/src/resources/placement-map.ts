/**
 * PlacementMap: which stores a Region has, and which of them hold each placement group. Written by machines.
 *
 * @module
 */

import { z } from 'zod'
import { defineResource } from './definition.ts'
import type { ResourceOf } from './definition.ts'
import { described } from './fields.ts'

const STORE_COUNT_MAX = 1024
const COPY_COUNT_MAX = 7
/** 16,384 groups of three copies, two bytes each, in base64, and room for more copies. */
const GROUPS_LENGTH_MAX = 320_000
const ADDRESS_LENGTH_MAX = 260

const spec = z
  .object({
    version: z.int().min(1).describe('Rises with each change.'),
    stores: z
      .array(
        z.object({
          store: z
            .string()
            .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
            .max(36)
            .describe('Id of the store.'),
          zone: z.string().max(63).describe('Zone that it is in.'),
          name: z.string().max(63).describe('Its storage node, as in the certificate.'),
          address: z.string().max(ADDRESS_LENGTH_MAX).describe('Where others reach it, host:port.'),
          beaconAddress: z
            .string()
            .max(ADDRESS_LENGTH_MAX)
            .describe('Where it receives beacons, host:port.'),
        }),
      )
      .min(1)
      .max(STORE_COUNT_MAX)
      .meta(
        described('The stores of the region, in the order that groups count.', {
          listType: 'atomic',
        }),
      ),
    copies: z.int().min(1).max(COPY_COUNT_MAX).describe('Copies of each placement group.'),
    groups: z
      .string()
      .regex(/^[A-Za-z0-9+/]*={0,2}$/)
      .max(GROUPS_LENGTH_MAX)
      .describe(
        'Positions in stores, two bytes each, little endian, `copies` for each group, in base64; 65535: none.',
      ),
  })
  .meta(
    described('The map. Written by the operator.', {
      rules: [
        {
          rule: 'self.version > oldSelf.version || self == oldSelf',
          message: 'version must rise with each change',
          reason: 'FieldValueForbidden',
        },
        {
          rule: 'self.version == oldSelf.version || size(self.groups) == size(oldSelf.groups)',
          message: 'the number of placement groups is fixed',
          reason: 'FieldValueForbidden',
        },
      ],
    }),
  )

const status = z.object({}).describe('Nothing yet.')

export const placementMaps = defineResource({
  kind: 'PlacementMap',
  plural: 'placementmaps',
  shortNames: ['ossm'],
  description:
    'A PlacementMap says which stores a Region has and which of them hold the data of each placement group. ' +
    'The operator writes it; do not change it by hand.',
  columns: [
    { name: 'Map', type: 'integer', jsonPath: '.spec.version', description: 'Version of the map' },
    { name: 'Copies', type: 'integer', jsonPath: '.spec.copies', description: 'Copies of a group' },
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

export type PlacementMap = ResourceOf<typeof placementMaps>
