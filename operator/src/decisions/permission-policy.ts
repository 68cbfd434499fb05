/**
 * The permissions of an access key as a policy document, so that the one function of the storage nodes
 * that decides who may do what decides here as well.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import type { Permission } from '../resources/access-key.ts'
import type { Refusal } from './refusal.ts'

/** As RAM policies are written. */
export interface PolicyDocument {
  readonly Version: '1'
  readonly Statement: readonly PolicyStatement[]
}

export interface PolicyStatement {
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: { readonly StringLike: { readonly 'oss:Prefix': readonly string[] } }
}

/** A permission with the name that its bucket has in the region. */
export type NamedPermission = Pick<Permission, 'prefix' | 'access'> & { readonly bucket: string }

const READ_OBJECTS = [
  ...['oss:GetObject', 'oss:GetObjectVersion'],
  ...['oss:GetObjectTagging', 'oss:GetObjectVersionTagging'],
]
const WRITE_OBJECTS = [
  ...['oss:PutObject', 'oss:DeleteObject', 'oss:DeleteObjectVersion'],
  ...['oss:AbortMultipartUpload', 'oss:ListParts'],
  ...['oss:PutObjectTagging', 'oss:PutObjectVersionTagging'],
  ...['oss:DeleteObjectTagging', 'oss:DeleteObjectVersionTagging'],
]
const LIST_OBJECTS = ['oss:ListObjects', 'oss:ListObjectVersions']
const LIST_UPLOADS = ['oss:ListMultipartUploads']
/** What clients ask of a bucket before they use it. */
const SEE_BUCKET = ['oss:GetBucketLocation', 'oss:GetBucketInfo']

/** Statements for each permission in turn. */
export function permissionPolicy(permissions: readonly NamedPermission[]): PolicyDocument {
  return { Version: '1', Statement: permissions.flatMap(statementsOf) }
}

/** In a policy a * in a prefix would stand for any text, and allow more than was meant. */
export function mayNotBePrefix(prefix: string): Refusal | undefined {
  if (!/[*?]/.test(prefix)) return undefined
  const message = `The prefix "${prefix}" must hold no * and no ?: it allows all keys that begin with it`
  return { reason: 'PermissionInvalid', message }
}

function statementsOf({ bucket, prefix, access }: NamedPermission): PolicyStatement[] {
  const ofObjects = (actions: readonly string[]) => allow(actions, `${bucket}/${prefix}*`)
  const ofBucket = (actions: readonly string[]) => allow(actions, bucket)
  const lists = (actions: readonly string[]) => {
    const statement = ofBucket(actions)
    if (prefix === '') return statement
    return { ...statement, Condition: { StringLike: { 'oss:Prefix': [`${prefix}*`] } } }
  }
  switch (access) {
    case 'Read':
      return [ofObjects(READ_OBJECTS), lists(LIST_OBJECTS), ofBucket(SEE_BUCKET)]
    case 'Write':
      return [ofObjects(WRITE_OBJECTS), lists(LIST_UPLOADS), ofBucket(SEE_BUCKET)]
    case 'ReadWrite':
      return [
        ofObjects([...READ_OBJECTS, ...WRITE_OBJECTS]),
        lists([...LIST_OBJECTS, ...LIST_UPLOADS]),
        ofBucket(SEE_BUCKET),
      ]
    case 'Full':
      return [ofObjects(['oss:*']), ofBucket(['oss:*'])]
    default:
      return unreachable(access)
  }
}

function allow(actions: readonly string[], path: string): PolicyStatement {
  return { Effect: 'Allow', Action: actions, Resource: [`acs:oss:*:*:${path}`] }
}
