/**
 * Bucket policies of the S3 dialect, said in the language of the OSS API and back.
 *
 * A bucket has one policy, kept as the OSS API has it: one function decides, and either dialect shows it.
 * The two languages share effects, operators and wildcards; they name actions, resources, principals and
 * keys differently. A wildcard that spans names is spelled out, because the same letters mean other
 * actions there; where a statement closes, what may be added later is closed with it.
 *
 * @module
 */

import { compileWildcard } from '../../../model/access/wildcard.ts'
import { OssError } from '../../../model/errors.ts'

type JsonObject = Readonly<Record<string, unknown>>

const VERSIONS: readonly unknown[] = ['2012-10-17', '2008-10-17', undefined]
/** Names of actions that differ, without their prefixes: there, and here. */
const ACTIONS = new Map([
  ['ListBucket', 'ListObjects'],
  ['ListBucketVersions', 'ListObjectVersions'],
  ['ListBucketMultipartUploads', 'ListMultipartUploads'],
  ['ListMultipartUploadParts', 'ListParts'],
  ['ListAllMyBuckets', 'ListBuckets'],
  ['CreateBucket', 'PutBucket'],
  ['GetBucketCORS', 'GetBucketCors'],
  ['PutBucketCORS', 'PutBucketCors'],
  ['GetLifecycleConfiguration', 'GetBucketLifecycle'],
  ['PutLifecycleConfiguration', 'PutBucketLifecycle'],
])
const S3_ACTIONS = new Map([...ACTIONS].map(([theirs, ours]) => [ours, theirs]))
/** Actions that have none of their own here, and those that they are part of. */
const PARTS = new Map([
  ['GetObjectAttributes', 'GetObject'],
  ['GetObjectVersionAttributes', 'GetObjectVersion'],
])
const KEYS = new Map([
  ['aws:sourceip', 'acs:SourceIp'],
  ['aws:useragent', 'acs:UserAgent'],
  ['aws:currenttime', 'acs:CurrentTime'],
  ['aws:securetransport', 'acs:SecureTransport'],
  ['aws:sourcevpc', 'acs:SourceVpc'],
  ['s3:prefix', 'oss:Prefix'],
  ['s3:delimiter', 'oss:Delimiter'],
  ['s3:x-amz-acl', 'oss:x-oss-object-acl'],
])
const S3_KEYS = new Map([...KEYS].map(([theirs, ours]) => [ours.toLowerCase(), theirs]))
const S3_KEY_NAMES = new Map([
  ['aws:sourceip', 'aws:SourceIp'],
  ['aws:useragent', 'aws:UserAgent'],
  ['aws:currenttime', 'aws:CurrentTime'],
  ['aws:securetransport', 'aws:SecureTransport'],
  ['aws:sourcevpc', 'aws:SourceVpc'],
])
const TAG_KEYS = [['s3:ExistingObjectTag/', 'oss:ExistingObjectTag/']] as const

/**
 * Says a policy of the S3 dialect as the OSS API would; `permissions` are all actions that there are, like
 * `oss:GetObject`. What is not said differently is left for the reader of OSS policies to judge. Throws
 * InvalidPolicyDocument.
 */
export function policyFromS3(text: string, permissions: readonly string[]): string {
  const document = objectOf(parseJson(text), 'The policy')
  const { Version, Statement, Id: _, ...others } = document
  if (!VERSIONS.includes(Version)) throw invalid('Version must be "2012-10-17"')
  const statements = listOf(Statement).map((each, at) => {
    return statementFromS3(objectOf(each, `Statement ${at + 1}`), permissions)
  })
  return JSON.stringify({ Version: '1', ...others, Statement: statements })
}

/** Says a policy as the S3 dialect would. The text must be one that was taken for a bucket. */
export function policyToS3(text: string): string {
  const { Statement } = JSON.parse(text) as JsonObject
  const statements = listOf(Statement).map((each) => statementToS3(each as JsonObject))
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

function statementFromS3(statement: JsonObject, permissions: readonly string[]): JsonObject {
  const isDeny = statement['Effect'] === 'Deny'
  return mapElements(statement, (name, value) => {
    switch (name) {
      case 'Action':
        return listOf(value).flatMap((each) => actionsFromS3(each, permissions, isDeny))
      case 'NotAction':
        return listOf(value).flatMap((each) => actionsFromS3(each, permissions, !isDeny))
      case 'Principal':
      case 'NotPrincipal':
        return principalsFromS3(value, name)
      case 'Resource':
        return listOf(value).map((each) => resourceFromS3(each))
      case 'Condition':
        return mapKeys(value, keyFromS3)
      default:
        return value
    }
  })
}

function statementToS3(statement: JsonObject): JsonObject {
  return mapElements(statement, (name, value) => {
    switch (name) {
      case 'Action':
      case 'NotAction':
        return listOf(value).map((each) => actionToS3(each as string))
      case 'Principal':
      case 'NotPrincipal':
        return principalsToS3(listOf(value) as readonly string[])
      case 'Resource':
        return listOf(value).map((each) => resourceToS3(each as string))
      case 'Condition':
        return mapKeys(value, keyToS3)
      default:
        return value
    }
  })
}

/** `isClosing`: whoever is meant by these actions is refused them. */
function actionsFromS3(
  value: unknown,
  permissions: readonly string[],
  isClosing: boolean,
): readonly string[] {
  const [, pattern] = /^s3:([A-Za-z*?]+)$/.exec(String(value)) ?? []
  if (value === '*' || pattern === '*') return [value === '*' ? '*' : 'oss:*']
  if (pattern === undefined) throw invalid(`Action cannot be "${String(value)}"`)
  const part = PARTS.get(pattern)
  if (part !== undefined) return [`oss:${isClosing ? part : pattern}`]
  if (!/[*?]/.test(pattern)) return [`oss:${ACTIONS.get(pattern) ?? pattern}`]
  const matches = compileWildcard(pattern)
  const named = permissions.filter((each) => matches(nameInS3(each)))
  if (named.length === 0) throw invalid(`No action is meant by "${String(value)}"`)
  return isClosing ? [...named, `oss:${pattern}`] : named
}

function nameInS3(permission: string): string {
  const name = permission.slice('oss:'.length)
  return S3_ACTIONS.get(name) ?? name
}

function actionToS3(action: string): string {
  return action === '*' ? action : `s3:${nameInS3(action)}`
}

function principalsFromS3(value: unknown, name: string): readonly string[] {
  if (value === '*') return ['*']
  const kinds = Object.entries(objectOf(value, name))
  return kinds.flatMap(([kind, given]) => {
    if (kind !== 'AWS' && kind !== 'CanonicalUser') {
      throw invalid(`${name} cannot be a "${kind}"`)
    }
    return listOf(given).map((each) => principalFromS3(String(each), name))
  })
}

function principalFromS3(text: string, name: string): string {
  if (text === '*' || /^\d{1,20}$/.test(text)) return text
  const [, service, uid, path = ''] = /^arn:aws:(iam|sts)::(\d{1,20}):(.+)$/.exec(text) ?? []
  if (service === 'iam' && path === 'root') return uid!
  if (service === 'iam' && /^(user|role)\//.test(path)) return `acs:ram::${uid}:${path}`
  if (service === 'sts' && path.startsWith('assumed-role/')) return `arn:sts::${uid}:${path}`
  throw invalid(`${name} cannot be "${text}"`)
}

function principalsToS3(principals: readonly string[]): unknown {
  if (principals.length === 1 && principals[0] === '*') return '*'
  return {
    AWS: principals.map((each) =>
      each.replace(/^acs:ram::/, 'arn:aws:iam::').replace(/^arn:sts::/, 'arn:aws:sts::'),
    ),
  }
}

function resourceFromS3(value: unknown): string {
  const [, path] = /^arn:aws:s3:::(.+)$/s.exec(String(value)) ?? []
  if (path !== undefined) return `acs:oss:*:*:${path}`
  throw invalid(`Resource must be like "arn:aws:s3:::<bucket>/<key>", is "${String(value)}"`)
}

function resourceToS3(resource: string): string {
  if (resource === '*') return resource
  return `arn:aws:s3:::${resource.split(':').slice(4).join(':')}`
}

function keyFromS3(key: string): string {
  for (const [theirs, ours] of TAG_KEYS) {
    if (key.toLowerCase().startsWith(theirs.toLowerCase())) return ours + key.slice(theirs.length)
  }
  const own = KEYS.get(key.toLowerCase())
  if (own === undefined) throw invalid(`Condition cannot ask for "${key}"`)
  return own
}

function keyToS3(key: string): string {
  for (const [theirs, ours] of TAG_KEYS) {
    if (key.toLowerCase().startsWith(ours.toLowerCase())) return theirs + key.slice(ours.length)
  }
  const theirs = S3_KEYS.get(key.toLowerCase())
  return theirs === undefined ? key : (S3_KEY_NAMES.get(theirs) ?? theirs)
}

/** The keys of each operator of a condition, said differently. */
function mapKeys(condition: unknown, map: (key: string) => string): JsonObject {
  return mapElements(objectOf(condition, 'Condition'), (operator, keys) => {
    const pairs = Object.entries(objectOf(keys, `${operator} in Condition`))
    return Object.fromEntries(pairs.map(([key, values]) => [map(key), values]))
  })
}

function mapElements(
  value: JsonObject,
  map: (name: string, value: unknown) => unknown,
): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, map(name, each)]))
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('The policy must be a JSON document')
  }
}

function objectOf(value: unknown, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject
  }
  throw invalid(`${where} must be a JSON object`)
}

function invalid(message: string): OssError {
  return new OssError('InvalidPolicyDocument', { message: `${message}.` })
}
