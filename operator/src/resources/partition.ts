/**
 * Partition: a key range of a Region and who holds it. Written by machines.
 *
 * Its form is that of `contract/kubernetes-records.ts` of the storage node; its rules repeat
 * I1 and I3 of replication.md in the API server.
 *
 * @module
 */

import { z } from 'zod'
import { defineResource } from './definition.ts'
import type { ResourceOf, Rule } from './definition.ts'
import { conditions, described } from './fields.ts'

const MEMBER_COUNT_MAX = 7
/** A position in the key space: bucketId and the longest key, escaped, in base64. */
const POSITION_LENGTH_MAX = 4096
const ID_MAX = 0xffff_ffff
/** Of a uid. */
const LINEAGE_LENGTH_MAX = 64

const storeId = () =>
  z
    .string()
    .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    .max(36)
const position = (what: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9+/]*={0,2}$/)
    .max(POSITION_LENGTH_MAX)
    .describe(what)
const member = z.object({
  store: storeId().describe('Store that holds a copy which counts.'),
  zone: z.string().max(63).describe('Zone that it is in.'),
})

const spec = z
  .object({
    id: z
      .int()
      .min(1)
      .max(ID_MAX)
      .meta(
        described('Number of the partition. Never used again.', {
          rules: [{ rule: 'self == oldSelf', message: 'is fixed', reason: 'FieldValueForbidden' }],
        }),
      ),
    desiredMembers: z
      .array(storeId())
      .min(1)
      .max(MEMBER_COUNT_MAX)
      .meta(described('Stores that should hold it.', { listType: 'set' })),
    preferredPrimary: storeId().describe('Store that writes the first configuration.'),
    initialRange: z
      .object({
        start: position('First position, base64.'),
        end: position('First position behind it, base64. Empty: no bound.'),
      })
      .meta(
        described('Keys that it begins with. Fixed.', {
          rules: [{ rule: 'self == oldSelf', message: 'is fixed', reason: 'FieldValueForbidden' }],
        }),
      ),
    lineage: z
      .string()
      .min(1)
      .max(LINEAGE_LENGTH_MAX)
      .optional()
      .meta(
        described(
          'Of an object that was made again: the uid of the first one, by which storage nodes know ' +
            'the partition. Default: its own. Fixed.',
          {
            rules: [
              { rule: 'self == oldSelf', message: 'is fixed', reason: 'FieldValueForbidden' },
            ],
          },
        ),
      ),
  })
  .meta(
    described('What should become of the partition. Written by the operator.', {
      rules: [
        { rule: 'has(self.lineage) == has(oldSelf.lineage)', message: 'lineage is fixed' },
        {
          rule: 'self.preferredPrimary in self.desiredMembers',
          message: 'preferredPrimary must be one of desiredMembers',
        },
      ],
    }),
  )

const hadEpoch = 'has(oldSelf.epoch)'
const isOtherEpoch = `!${hadEpoch} || !has(self.epoch) || self.epoch != oldSelf.epoch`
const isOtherPrimary = `${hadEpoch} && has(self.epoch) && self.primary != oldSelf.primary`
const isSameRange = 'self.start == oldSelf.start && self.end == oldSelf.end'
const wasMember = 'oldSelf.members.exists(old, old.store == entry.store)'

/** As `mayNotFollow` of the storage node, in its words. */
export const statusRules: readonly Rule[] = [
  {
    rule:
      '!has(self.epoch) || (has(self.primary) && has(self.members) && has(self.start) && ' +
      'has(self.end) && self.members.exists(entry, entry.store == self.primary))',
    message: 'the primary is no member',
  },
  {
    rule: `!${hadEpoch} || (has(self.epoch) && self.epoch >= oldSelf.epoch)`,
    message: 'the epoch falls',
  },
  {
    rule:
      `${isOtherEpoch} || (self.primary == oldSelf.primary && ` +
      `self.members == oldSelf.members && ${isSameRange})`,
    message: 'the configuration of an epoch changes',
  },
  {
    rule: `!${hadEpoch} || !has(self.epoch) || self.members.filter(entry, !${wasMember}).size() <= 1`,
    message: 'more than one member is added',
  },
  { rule: `!(${isOtherPrimary}) || (${isSameRange})`, message: 'a takeover changes the range' },
  {
    rule: `!(${isOtherPrimary}) || oldSelf.members.exists(old, old.store == self.primary)`,
    message: 'the new primary was no member',
  },
  {
    rule: `!(${isOtherPrimary}) || self.members.all(entry, ${wasMember})`,
    message: 'a takeover adds a member',
  },
]

const status = z
  .object({
    epoch: z.int().min(1).optional().describe('Number of the configuration.'),
    primary: storeId().optional().describe('Store that decides.'),
    members: z
      .array(member)
      .min(1)
      .max(MEMBER_COUNT_MAX)
      .optional()
      .meta(described('Stores whose copies count.', { listType: 'atomic' })),
    start: position('First position of the keys, base64.').optional(),
    end: position('First position behind them, base64. Empty: no bound.').optional(),
    state: z.string().max(32).optional().describe('Active once there is a configuration.'),
    touch: z
      .int()
      .min(0)
      .optional()
      .describe('Rises with each write, so that a write under way is one of the past.'),
    conditions: conditions(),
  })
  .meta(
    described('What was decided. Written by storage nodes only, by compare-and-swap.', {
      rules: statusRules,
    }),
  )

export const partitions = defineResource({
  kind: 'Partition',
  plural: 'partitions',
  shortNames: ['ossp'],
  description:
    'A Partition is a key range of a Region with its copies. Operator and storage nodes write it; do not change ' +
    'or delete one by hand: a range that vanished comes back by the annotation granary.dev/rebuild-partitions of ' +
    'its Region only.',
  columns: [
    {
      name: 'Epoch',
      type: 'integer',
      jsonPath: '.status.epoch',
      description: 'Number of the configuration',
    },
    {
      name: 'Primary',
      type: 'string',
      jsonPath: '.status.primary',
      description: 'Store that decides',
    },
    {
      name: 'Members',
      type: 'string',
      jsonPath: '.status.members[*].zone',
      description: 'Zones of the stores whose copies count',
    },
    { name: 'State', type: 'string', jsonPath: '.status.state', description: 'How it is' },
    {
      name: 'Age',
      type: 'date',
      jsonPath: '.metadata.creationTimestamp',
      description: 'Since when it exists',
    },
  ],
  rules: [
    {
      rule: '!has(oldSelf.status) || !has(oldSelf.status.epoch) || has(self.status)',
      message: 'a configuration does not vanish',
    },
  ],
  spec,
  status,
})

export type Partition = ResourceOf<typeof partitions>
