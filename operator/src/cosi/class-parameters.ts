/**
 * What administrators write into the parameters of a BucketClass and a BucketAccessClass.
 *
 * @module
 */

import { mayNotBePrefix } from '../decisions/permission-policy.ts'
import { accessKeys, type AccessKey, type Permission } from '../resources/access-key.ts'
import { buckets, type Bucket } from '../resources/bucket.ts'
import type { ObjectName } from '../resources/kubernetes-object.ts'
import { CosiError } from './cosi-error.ts'
import type { Texts } from './cosi-messages.ts'

export const BUCKET_PARAMETERS = ['region', 'acl', 'storageClass', 'versioning', 'deleteContents']
export const ACCESS_PARAMETERS = ['access', 'prefix']

/** As the specification bounds maps. */
const PARAMETERS_BYTES_MAX = 4_096
const SHOWN_LENGTH_MAX = 100
const REGION = /^(([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)\/)?([a-z][a-z0-9-]{0,30}[a-z0-9])$/
const DEFAULT_ACCESS = 'ReadWrite'

export interface BucketParameters {
  readonly spec: Bucket['spec']
  /** Whether a bucket that holds objects is removed with them. */
  readonly deleteContents: boolean
}

/** Reads the parameters of a BucketClass. Throws `CosiError` with every mistake. */
export function readBucketParameters(
  parameters: Texts,
  defaultRegion: Required<ObjectName>,
): BucketParameters {
  const mistakes = mistakesOf(parameters, BUCKET_PARAMETERS)
  const { region, deleteContents = 'false', ...named } = parameters
  if (region !== undefined && !REGION.test(region)) {
    mistakes.push(
      `Parameter region must be a Region as name or namespace/name, is ${shown(region)}`,
    )
  }
  if (!/^(true|false)$/.test(deleteContents)) {
    mistakes.push(`Parameter deleteContents must be true or false, is ${shown(deleteContents)}`)
  }
  const parsed = buckets.spec.safeParse({ ...named, regionRef: regionRef(region, defaultRegion) })
  for (const { path, message } of parsed.error?.issues ?? []) {
    if (path[0] !== 'regionRef') mistakes.push(`Parameter ${path.join('.')}: ${message}`)
  }
  if (mistakes.length > 0 || !parsed.success) throw invalid(mistakes)
  return { spec: parsed.data, deleteContents: deleteContents === 'true' }
}

/** Reads the parameters of a BucketAccessClass. Throws `CosiError` with every mistake. */
export function readAccessParameters(parameters: Texts, bucket: Bucket): AccessKey['spec'] {
  const mistakes = mistakesOf(parameters, ACCESS_PARAMETERS)
  const { access = DEFAULT_ACCESS, prefix = '' } = parameters
  const bucketRef = { name: bucket.metadata.name }
  const { regionRef } = bucket.spec
  const spec = { regionRef, permissions: [{ bucketRef, access, prefix }] }
  const parsed = accessKeys.spec.safeParse(spec)
  for (const { path, message } of parsed.error?.issues ?? []) {
    mistakes.push(`Parameter ${String(path.at(-1))}: ${message}`)
  }
  const refusal = mayNotBePrefix(prefix)
  if (refusal !== undefined) mistakes.push(refusal.message)
  if (mistakes.length > 0 || !parsed.success) throw invalid(mistakes)
  return parsed.data
}

/** What an access is granted to. */
export function grantedBucket({ spec }: AccessKey): string | undefined {
  const [permission]: readonly Permission[] = spec.permissions
  return permission?.bucketRef.name
}

function mistakesOf(parameters: Texts, known: readonly string[]): string[] {
  const bytes = Buffer.byteLength(JSON.stringify(parameters))
  if (bytes > PARAMETERS_BYTES_MAX) {
    return [`Parameters must have ${PARAMETERS_BYTES_MAX} bytes at most, have ${bytes}`]
  }
  const unknown = Object.keys(parameters).filter((name) => !known.includes(name))
  return unknown.map((name) => {
    return `There is no parameter ${shown(name)}: there are ${known.join(', ')}`
  })
}

function regionRef(region: string | undefined, defaultRegion: Required<ObjectName>) {
  const [, , namespace = defaultRegion.namespace, , name] = REGION.exec(region ?? '') ?? []
  return name === undefined ? defaultRegion : { namespace, name }
}

function invalid(mistakes: readonly string[]): CosiError {
  return new CosiError('InvalidArgument', mistakes.join('; '))
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, SHOWN_LENGTH_MAX))
}
