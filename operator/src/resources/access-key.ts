/**
 * AccessKey: a pair of id and secret for an application, kept in a Secret of its namespace.
 *
 * @module
 */

import { z } from 'zod'
import { defineResource } from './definition.ts'
import type { ResourceOf, Rule } from './definition.ts'
import {
  conditions,
  described,
  duration,
  objectName,
  observedGeneration,
  regionRef,
} from './fields.ts'

const PERMISSION_COUNT_MAX = 64
const PREFIX_LENGTH_MAX = 512
const ACCOUNT_LENGTH_MAX = 63
const KEY_COUNT_MAX = 8

/** What the Secret of an AccessKey holds, by the names that `secretKeys` may change. */
export const SECRET_KEYS = [
  ...['accessKeyId', 'accessKeySecret', 'endpoint', 'region', 'bucket', 'ca.crt'],
  ...['OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET', 'OSS_ENDPOINT', 'OSS_REGION', 'OSS_BUCKET'],
  ...['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_ENDPOINT_URL', 'AWS_REGION'],
] as const
export type SecretKey = (typeof SECRET_KEYS)[number]

/** What a ConfigMap of an ObjectBucketClaim holds. */
export const BUCKET_KEYS = [
  ...['BUCKET_HOST', 'BUCKET_PORT', 'BUCKET_NAME', 'BUCKET_REGION', 'BUCKET_SUBREGION'],
] as const
export type BucketKey = (typeof BUCKET_KEYS)[number]

const permission = z.object({
  bucketRef: z
    .object({ name: objectName().describe('Name of the Bucket.') })
    .describe('A Bucket in the same namespace.'),
  prefix: z
    .string()
    .max(PREFIX_LENGTH_MAX)
    .default('')
    .describe('Only objects whose key begins so. Default: all.'),
  access: z
    .enum(['Read', 'Write', 'ReadWrite', 'Full'])
    .describe(
      'Read: get and list objects. Write: put and delete them, with uploads in parts. ReadWrite: both. ' +
        'Full: settings of the bucket too.',
    ),
})

const rotation = z
  .object({
    every: duration()
      .default('720h')
      .describe('Age at which a pair is replaced by a new one, as in 720h. Default: 720h.'),
    overlap: duration()
      .default('24h')
      .describe('For how long the replaced pair still works, as in 24h. Default: 24h.'),
  })
  .nullable()
  .default(null)
  .meta(
    described('Replaces the pair at intervals. Default: never.', {
      rules: [
        {
          rule: 'duration(self.every) >= duration("1m")',
          message: 'every must be at least 1m',
        },
        {
          rule: 'duration(self.overlap) < duration(self.every)',
          message: 'overlap must be shorter than every: at most two pairs work at a time',
        },
      ],
    }),
  )

const secretKeys = z
  .record(
    z.string(),
    z
      .string()
      .regex(/^[A-Za-z0-9._-]+$/)
      .max(253),
  )
  .default({})
  .meta(
    described(
      'Other names for keys of the Secret: the usual name, then the wanted one. The usual ones are ' +
        `${SECRET_KEYS.join(', ')}. Default: no changes.`,
      {
        maxProperties: SECRET_KEYS.length,
        rules: [
          {
            rule: `self.all(key, key in [${SECRET_KEYS.map((key) => `"${key}"`).join(', ')}])`,
            message: `keys must be of ${SECRET_KEYS.join(', ')}`,
          },
        ],
      },
    ),
  )

const fixed = (field: string, next: string): Rule => ({
  rule:
    `has(self.${field}) == has(oldSelf.${field}) && ` +
    `(!has(self.${field}) || self.${field} == oldSelf.${field})`,
  message: `${field} is fixed: ${next}`,
  reason: 'FieldValueForbidden',
})

const spec = z
  .object({
    regionRef: regionRef().describe(
      'The Region that the pair is for. Default: the default region of the operator. Fixed.',
    ),
    account: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
      .max(ACCOUNT_LENGTH_MAX)
      .nullable()
      .default(null)
      .describe(
        'Account that the pair belongs to, and that owns what is made with it. A namespace may name its own ' +
          'account only, unless it is the one of the Region. Fixed. Default: the account of the namespace.',
      ),
    permissions: z
      .array(permission)
      .max(PERMISSION_COUNT_MAX)
      .default([])
      .meta(
        described(
          'What the pair may do. A change acts within two seconds. Default: everything that the account may.',
          { listType: 'atomic' },
        ),
      ),
    policy: z
      .looseObject({})
      .nullable()
      .default(null)
      .meta(
        described('A RAM policy document in place of permissions. Default: none.', {
          keepsUnknown: true,
        }),
      ),
    enabled: z
      .boolean()
      .default(true)
      .describe('False refuses every request with the pair, within two seconds. Default: true.'),
    expiresAt: z
      .string()
      .meta({ format: 'date-time' })
      .nullable()
      .default(null)
      .describe('From when on the pair is refused. Default: never.'),
    rotation,
    secretName: objectName()
      .nullable()
      .default(null)
      .describe('Secret that is written. Default: the name of this resource.'),
    secretKeys,
    configMapName: objectName()
      .nullable()
      .default(null)
      .describe(
        'ConfigMap that is written too, as applications know it from an ObjectBucketClaim: ' +
          `${BUCKET_KEYS.join(', ')}. The permissions must be for one Bucket. Default: none.`,
      ),
    existingSecretRef: z
      .object({ name: objectName().describe('Name of the Secret.') })
      .nullable()
      .default(null)
      .describe(
        'Takes the pair from accessKeyId and accessKeySecret of a Secret that somebody else writes, in place of ' +
          'making one. Default: a pair is made.',
      ),
  })
  .prefault({})
  .meta(
    described('What the pair should be.', {
      rules: [
        fixed('regionRef', 'make another AccessKey for another Region'),
        fixed('account', 'make another AccessKey for another account'),
        {
          rule: 'size(self.permissions) == 0 || !has(self.policy)',
          message: 'permissions and policy exclude each other',
        },
        {
          rule: '!has(self.rotation) || !has(self.existingSecretRef)',
          message: 'a pair from existingSecretRef is not rotated here: change that Secret',
        },
        {
          rule:
            '!has(self.existingSecretRef) || !has(self.secretName) || ' +
            'self.secretName != self.existingSecretRef.name',
          message: 'secretName and existingSecretRef must be different Secrets',
        },
        {
          rule:
            '!has(self.configMapName) || (size(self.permissions) > 0 && ' +
            'self.permissions.all(one, one.bucketRef.name == self.permissions[0].bucketRef.name))',
          message: 'configMapName needs permissions, all of them for one Bucket',
        },
      ],
    }),
  )

const status = z
  .object({
    conditions: conditions(),
    uid: z.string().max(32).optional().describe('Numeric id of the account.'),
    secretName: z.string().max(253).optional().describe('Secret that holds the pair.'),
    configMapName: z
      .string()
      .max(253)
      .optional()
      .describe('ConfigMap that says where the bucket is.'),
    keys: z
      .array(
        z.object({
          accessKeyId: z.string().max(128).describe('Id of the pair.'),
          state: z
            .enum(['Active', 'Retiring'])
            .describe('Active: in the Secret. Retiring: replaced, and still working.'),
          since: z
            .string()
            .meta({ format: 'date-time' })
            .describe('Since when it is in this state.'),
        }),
      )
      .max(KEY_COUNT_MAX)
      .optional()
      .meta(
        described('The pairs that work. Never their secrets.', { listMapKeys: ['accessKeyId'] }),
      ),
    lastRotation: z
      .string()
      .meta({ format: 'date-time' })
      .optional()
      .describe('When the pair was replaced last.'),
    observedGeneration: observedGeneration(),
  })
  .describe('What is known of the pair. Written by the operator.')

export const accessKeys = defineResource({
  kind: 'AccessKey',
  plural: 'accesskeys',
  shortNames: ['ossk'],
  description:
    'An AccessKey is a pair of access key id and secret for an application. The pair is put into a Secret of the ' +
    'same namespace, under names that SDKs read from the environment.',
  columns: [
    {
      name: 'Ready',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: 'Whether the pair works',
    },
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: 'Why, or why not',
    },
    {
      name: 'Secret',
      type: 'string',
      jsonPath: '.status.secretName',
      description: 'Secret that holds the pair',
    },
    {
      name: 'Uid',
      type: 'string',
      jsonPath: '.status.uid',
      description: 'Numeric id of the account',
      priority: 1,
    },
    {
      name: 'Age',
      type: 'date',
      jsonPath: '.metadata.creationTimestamp',
      description: 'Since when the resource exists',
    },
  ],
  spec,
  status,
})

export type AccessKey = ResourceOf<typeof accessKeys>
export type Permission = AccessKey['spec']['permissions'][number]
