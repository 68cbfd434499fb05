/**
 * Bucket: a bucket of a Region, wanted by an application's namespace.
 *
 * @module
 */

import { z } from 'zod'
import { defineResource } from './definition.ts'
import type { ResourceOf, Rule } from './definition.ts'
import { conditions, described, observedGeneration, regionRef } from './fields.ts'

const TAG_COUNT_MAX = 20
const TAG_VALUE_LENGTH_MAX = 128
const CORS_RULE_COUNT_MAX = 20
const CORS_TEXT_COUNT_MAX = 32
const CORS_TEXT_LENGTH_MAX = 256
const MAX_AGE_SECONDS_MAX = 999_999_999

/** 3 to 63 of a-z, 0-9 and -; as the OSS reference wants names of buckets. */
export const BUCKET_NAME = '^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$'

const corsTexts = (what: string) =>
  z
    .array(z.string().min(1).max(CORS_TEXT_LENGTH_MAX))
    .max(CORS_TEXT_COUNT_MAX)
    .default([])
    .describe(what)

const corsRule = z.object({
  allowedOrigins: z
    .array(
      z
        .string()
        .regex(/^[^*\s]*\*?[^*\s]*$/)
        .min(1)
        .max(CORS_TEXT_LENGTH_MAX),
    )
    .min(1)
    .max(CORS_TEXT_COUNT_MAX)
    .describe('Origins of the pages. Each may hold one *, which stands for any text.'),
  allowedMethods: z
    .array(z.enum(['GET', 'PUT', 'DELETE', 'POST', 'HEAD']))
    .min(1)
    .max(5)
    .meta(described('Methods that these pages may use.', { listType: 'set' })),
  allowedHeaders: corsTexts(
    'Headers that these pages may send. Each may hold one *. Default: none beyond the simple ones.',
  ),
  exposeHeaders: corsTexts('Headers of answers that scripts may read. Default: none.'),
  maxAgeSeconds: z
    .int()
    .min(0)
    .max(MAX_AGE_SECONDS_MAX)
    .nullable()
    .default(null)
    .describe('Seconds for which browsers may keep the permission. Default: their own choice.'),
})

const regionIsFixed: Rule = {
  rule:
    'has(self.regionRef) == has(oldSelf.regionRef) && ' +
    '(!has(self.regionRef) || self.regionRef == oldSelf.regionRef)',
  message: 'regionRef is fixed: make a Bucket of another name in the other Region',
  reason: 'FieldValueForbidden',
}

const nameIsFixed: Rule = {
  rule:
    'has(self.bucketName) == has(oldSelf.bucketName) && ' +
    '(!has(self.bucketName) || self.bucketName == oldSelf.bucketName)',
  message: 'bucketName is fixed: make another Bucket for another name',
  reason: 'FieldValueForbidden',
}

const spec = z
  .object({
    regionRef: regionRef().describe(
      'The Region that the bucket is in. Default: the default region of the operator. Fixed.',
    ),
    bucketName: z
      .string()
      .regex(new RegExp(BUCKET_NAME))
      .max(63)
      .nullable()
      .default(null)
      .describe(
        'Name of the bucket in its Region, 3 to 63 of a-z, 0-9 and -. An existing bucket of the same account is ' +
          'adopted. Fixed. Default: the name of this resource.',
      ),
    acl: z
      .enum(['private', 'public-read', 'public-read-write'])
      .default('private')
      .describe(
        'Who besides the account may read and write. A change acts at once. Default: private.',
      ),
    storageClass: z
      .enum(['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'])
      .default('Standard')
      .meta(
        described('Storage class of objects that name none. Fixed. Default: Standard.', {
          rules: [
            {
              rule: 'self == oldSelf',
              message: 'is fixed once the Bucket exists',
              reason: 'FieldValueForbidden',
            },
          ],
        }),
      ),
    versioning: z
      .enum(['Enabled', 'Suspended'])
      .nullable()
      .default(null)
      .describe(
        'Whether a write keeps the object that was there as an older version. Default: left to the REST API.',
      ),
    tags: z
      .record(z.string(), z.string().max(TAG_VALUE_LENGTH_MAX))
      .nullable()
      .default(null)
      .meta(
        described(
          'Tags of the bucket, all of them: others are removed. Keys have 1 to 64 characters. ' +
            'Default: left to the REST API.',
          {
            maxProperties: TAG_COUNT_MAX,
            rules: [
              {
                rule: 'self.all(key, size(key) >= 1 && size(key) <= 64)',
                message: 'keys of tags have 1 to 64 characters',
              },
              {
                rule: 'self.all(key, !key.matches("^(?i)(https?://|aliyun)"))',
                message: 'keys of tags must not begin with http://, https:// or aliyun',
              },
            ],
          },
        ),
      ),
    policy: z
      .looseObject({})
      .nullable()
      .default(null)
      .meta(
        described(
          'Bucket policy, the document as PutBucketPolicy takes it. Default: left to the REST API.',
          { keepsUnknown: true },
        ),
      ),
    cors: z
      .array(corsRule)
      .max(CORS_RULE_COUNT_MAX)
      .nullable()
      .default(null)
      .meta(
        described(
          'What pages of other origins may do, the first rule that matches decides. An empty list removes all ' +
            'rules. Default: left to the REST API.',
          { listType: 'atomic' },
        ),
      ),
    deletionPolicy: z
      .enum(['Retain', 'Delete'])
      .default('Retain')
      .describe(
        'What becomes of the bucket when this resource is deleted. Retain leaves it with its objects, and a Bucket ' +
          'of the same name finds them again; Delete removes it, which waits while it holds objects. ' +
          'Default: Retain.',
      ),
    deleteContents: z
      .boolean()
      .default(false)
      .describe(
        'With deletionPolicy Delete: removes all objects, versions and uploads of the bucket as well. ' +
          'Default: false.',
      ),
  })
  .prefault({})
  .meta(
    described('What the bucket should be. What is left out belongs to the REST API.', {
      rules: [
        nameIsFixed,
        regionIsFixed,
        {
          rule: '!self.deleteContents || self.deletionPolicy == "Delete"',
          message: 'deleteContents needs deletionPolicy: Delete',
        },
      ],
    }),
  )

const status = z
  .object({
    conditions: conditions(),
    bucketName: z.string().max(63).optional().describe('Name of the bucket in its Region.'),
    endpoints: z
      .object({
        internal: z.string().max(253).optional().describe('Host name inside of the cluster.'),
        external: z
          .array(z.string().max(253))
          .max(16)
          .optional()
          .describe('Host names outside of it.'),
      })
      .optional()
      .describe('Where clients find the bucket.'),
    observedGeneration: observedGeneration(),
  })
  .describe('What is known of the bucket. Written by the operator.')

export const buckets = defineResource({
  kind: 'Bucket',
  plural: 'buckets',
  shortNames: ['ossb'],
  description:
    'A Bucket is a bucket of a Region. What it names it manages: other hands are corrected. What it leaves out ' +
    'belongs to the REST API.',
  columns: [
    {
      name: 'Ready',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: 'Whether the bucket can be used',
    },
    {
      name: 'Reason',
      type: 'string',
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: 'Why, or why not',
    },
    {
      name: 'Bucket',
      type: 'string',
      jsonPath: '.status.bucketName',
      description: 'Name of the bucket in its Region',
    },
    {
      name: 'Endpoint',
      type: 'string',
      jsonPath: '.status.endpoints.internal',
      description: 'Host name inside of the cluster',
      priority: 1,
    },
    {
      name: 'Age',
      type: 'date',
      jsonPath: '.metadata.creationTimestamp',
      description: 'Since when the resource exists',
    },
  ],
  rules: [
    {
      rule: `has(self.spec.bucketName) || self.metadata.name.matches("${BUCKET_NAME}")`,
      message:
        'the name of the resource is no name of a bucket (3 to 63 of a-z, 0-9 and -): set spec.bucketName',
    },
  ],
  spec,
  status,
})

export type Bucket = ResourceOf<typeof buckets>
