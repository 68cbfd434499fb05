/**
 * Buckets in the admin API.
 *
 * @module
 */

import type { Router } from 'express'
import { ACCOUNT_UID } from '../model/account.ts'
import { parseBucketName } from '../model/bucket-name.ts'
import type { BucketRecord } from '../model/bucket.ts'
import { LIST_BUCKETS_MAX } from '../model/limits.ts'
import type { AccountUid } from '../model/identifiers.ts'
import type { ManagedBuckets, WantedBucket } from '../services/managed-buckets.ts'
import { AdminError } from './admin-error.ts'
import { readCorsRules } from './cors-rules.ts'
import type { Fields } from './fields.ts'
import { isObject, readFields } from './fields.ts'

const FIELDS = ['account', 'acl', 'storageClass', 'versioning', 'tags', 'policy', 'cors']
const ACLS = ['private', 'public-read', 'public-read-write'] as const
const STORAGE_CLASSES = ['Standard', 'IA', 'Archive', 'ColdArchive', 'DeepColdArchive'] as const
const VERSIONINGS = ['Enabled', 'Suspended'] as const

export function addBucketRoutes(router: Router, buckets: ManagedBuckets): void {
  router.get('/v1/buckets', async ({ query }, response) => {
    const { after = '' } = query
    if (typeof after !== 'string') throw invalid('after must be the name of a bucket')
    response.json({ buckets: await buckets.names(after, readLimit(query['limit'])) })
  })
  router.put('/v1/buckets/:name', async ({ params, body }, response) => {
    const name = parseBucketName(params.name)
    const changes = await buckets.put(name, readBucket(body))
    if (changes === undefined) {
      throw new AdminError(409, 'NameTaken', 'A bucket of this name is that of another account')
    }
    response.json(changes)
  })
  router.get('/v1/buckets/:name', async ({ params }, response) => {
    const bucket = await buckets.find(parseBucketName(params.name))
    if (bucket === undefined) throw noSuchBucket()
    response.json(shown(bucket))
  })
  router.delete('/v1/buckets/:name', async ({ params, query }, response) => {
    const { contents = 'false' } = query
    if (contents !== 'true' && contents !== 'false') throw invalid('contents must be true or false')
    const existed = await buckets.delete(parseBucketName(params.name), contents === 'true')
    if (!existed) throw noSuchBucket()
    response.status(204).end()
  })
}

function readBucket(body: unknown): WantedBucket {
  const fields = readFields(body, FIELDS)
  const wanted = {
    account: fields.text('account', ACCOUNT_UID, 'a uid of 16 digits') as AccountUid,
    acl: fields.word('acl', ACLS),
    storageClass: fields.word('storageClass', STORAGE_CLASSES),
    versioning: fields.word('versioning', VERSIONINGS),
    tags: readTags(fields),
    policy: readPolicy(fields),
    cors: readCorsRules(fields),
  }
  fields.end()
  return wanted
}

function readTags(fields: Fields): [string, string][] | undefined {
  const given = fields.optional('tags')
  if (given === undefined) return undefined
  const tags = isObject(given) ? Object.entries(given) : undefined
  if (tags?.every((tag): tag is [string, string] => typeof tag[1] === 'string') === true)
    return tags
  fields.tell('tags must be null or an object of texts')
  return undefined
}

/** What it says is judged with the bucket. */
function readPolicy(fields: Fields): string | undefined {
  const given = fields.optional('policy')
  if (given === undefined) return undefined
  if (!isObject(given)) fields.tell('policy must be null or a JSON object')
  return JSON.stringify(given)
}

function readLimit(limit: unknown): number {
  if (limit === undefined) return LIST_BUCKETS_MAX
  const count = typeof limit === 'string' && /^\d{1,6}$/.test(limit) ? Number(limit) : 0
  if (count >= 1 && count <= LIST_BUCKETS_MAX) return count
  throw invalid(`limit must be a whole number from 1 to ${LIST_BUCKETS_MAX}`)
}

function shown(bucket: BucketRecord) {
  const { name, owner, acl, storageClass, versioning, tags, policy, cors, createdMs } = bucket
  return {
    ...{ name, account: owner, acl, storageClass },
    versioning: versioning === 'unset' ? null : versioning,
    tags: Object.fromEntries(tags),
    policy: policy === undefined ? null : (JSON.parse(policy) as object),
    cors: cors?.rules ?? [],
    createdAt: new Date(createdMs).toISOString(),
  }
}

function noSuchBucket(): AdminError {
  return new AdminError(404, 'NoSuchBucket', 'There is no bucket of this name')
}

function invalid(message: string): AdminError {
  return new AdminError(400, 'InvalidArgument', message)
}
