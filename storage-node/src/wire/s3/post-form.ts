/**
 * Upload forms of the S3 dialect: who signed one, and its fields in the words of the OSS API, so that
 * whatever reads them is written once.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { headerNotImplemented, invalidArgument, OssError } from '../../model/errors.ts'
import type { ChecksumAlgorithm } from '../../base/object-checksums.ts'
import { checkObjectTags, type Tag } from '../../model/tag.ts'
import { parseIsoBasic } from '../http-date.ts'
import { readTagging } from '../oss/documents/tagging.ts'
import type { FormFields } from '../oss/post-form.ts'
import { allOf, formAgeRefusal, type SignedForm } from '../oss/post-form-signature.ts'
import { sameSignature } from '../oss/signature-text.ts'
import { s3Signing, signingKeyV4 } from '../signing-key-v4.ts'
import { s3SignatureMismatch } from './authorization.ts'
import { ossHeaders } from './request-headers.ts'
import { readBodyChecksum } from './body-checksum.ts'
import { readAlgorithm } from './checksum-text.ts'
import { readCredential, S3_V4_ALGORITHM } from './signature-v4.ts'

const V4_FIELDS = [
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'policy',
  'x-amz-signature',
] as const
const V2_FIELDS = ['awsaccesskeyid', 'policy', 'signature'] as const
/** Of all of these, one alone says that a form is one of this dialect. */
const MARKS = ['x-amz-signature', 'x-amz-credential', 'x-amz-algorithm', 'awsaccesskeyid']
const TOKEN = 'x-amz-security-token'
/** What a policy need not speak of: the signature itself, and what is meant for others. */
const UNCOVERED = new Set(['x-amz-signature', 'signature', 'awsaccesskeyid', 'policy', 'file'])
const IGNORED = 'x-ignore-'
const METADATA = 'x-amz-meta-'
const CHECKSUM = 'x-amz-checksum-'
/** Fields with the same meaning, and what they are called in the other dialect. */
const PASSED = new Map([
  ...['key', 'cache-control', 'content-disposition', 'content-encoding', 'content-language'].map(
    same,
  ),
  ...['expires', 'success_action_status', 'success_action_redirect'].map(same),
  ['redirect', 'success_action_redirect'],
  ['content-type', 'x-oss-content-type'],
])
const OF_SIGNATURE: ReadonlySet<string> = new Set([...V4_FIELDS, TOKEN])
/** A longer policy is not shown back: the client knows it. */
const SHOWN_LENGTH_MAX = 8 * 1024

/** What the checksum of the file of a form is to be kept of, and must be where it is known. */
export interface FormChecksum {
  readonly algorithm: ChecksumAlgorithm
  readonly value: Uint8Array | undefined
}

/** Whether the form is signed as S3 clients sign. */
export function isS3Form(fields: FormFields): boolean {
  return MARKS.some((name) => fields.has(name))
}

/** Reads who signed a form of this dialect. Throws what half a signature gets. */
export function readS3FormSignature(fields: FormFields): SignedForm {
  const covered = [...fields.keys()].filter(
    (name) => !UNCOVERED.has(name) && !name.startsWith(IGNORED),
  )
  return fields.has('awsaccesskeyid') ? readV2(fields, covered) : readV4(fields, covered)
}

/**
 * The same fields as a form of the OSS API has them. Throws `NotImplemented` for what is not served, and
 * what values get that cannot be said in OSS words; fields that mean nothing here are left out.
 */
export function ossFields(fields: FormFields): FormFields {
  const translated = new Map<string, string>()
  // Without a prototype: a field may be called `constructor`.
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of fields) {
    const passed = PASSED.get(name)
    if (passed !== undefined) translated.set(passed, value)
    else if (name === 'acl') headers['x-amz-acl'] = value
    else if (name === 'x-amz-storage-class' || name.startsWith(METADATA)) headers[name] = value
    else if (name.startsWith('x-amz-') && !isReadElsewhere(name)) throw headerNotImplemented(name)
  }
  for (const [name, value] of Object.entries(ossHeaders(headers))) {
    if (value !== undefined && isOfObject(name)) translated.set(name, value)
  }
  return translated
}

/** The checksum of the file, which comes after the fields. Throws what readBodyChecksum throws. */
export function readFormChecksum(fields: FormFields): FormChecksum | undefined {
  const headers = Object.fromEntries(fields)
  const expected = readBodyChecksum(headers)
  const algorithm = expected?.algorithm ?? readAlgorithm(headers)
  return algorithm && { algorithm, value: expected?.value }
}

/** Tags of the object, in the document that PutObjectTagging has. Throws what that throws. */
export function readFormTags(fields: FormFields): readonly Tag[] | undefined {
  const text = fields.get('tagging')
  return text === undefined ? undefined : checkObjectTags(readTagging(Buffer.from(text, 'latin1')))
}

function isReadElsewhere(name: string): boolean {
  return OF_SIGNATURE.has(name) || name.startsWith(CHECKSUM)
}

function isOfObject(name: string): boolean {
  if (name === 'x-oss-object-acl' || name === 'x-oss-storage-class') return true
  return name.startsWith('x-oss-meta-')
}

function readV2(fields: FormFields, coveredFields: readonly string[]): SignedForm {
  const [accessKeyId, policy, provided] = allOf(fields, V2_FIELDS) as [string, string, string]
  if (fields.has('x-amz-signature')) throw signedTwice()
  return {
    ...{ accessKeyId, policy, coveredFields, region: undefined, boundFields: ['bucket'] },
    securityToken: fields.get(TOKEN),
    verify(secret) {
      const expected = createHmac('sha1', secret).update(policy, 'latin1').digest('base64')
      return sameSignature(expected, provided) ? undefined : mismatch(accessKeyId, provided, policy)
    },
  }
}

function readV4(fields: FormFields, coveredFields: readonly string[]): SignedForm {
  const values = allOf(fields, V4_FIELDS) as [string, string, string, string, string]
  const [algorithm, credential, date, policy, provided] = values
  if (fields.has('signature')) throw signedTwice()
  if (algorithm !== S3_V4_ALGORITHM) {
    const message = `x-amz-algorithm of a form must be ${S3_V4_ALGORITHM}.`
    throw invalidArgument('x-amz-algorithm', algorithm, message)
  }
  const { accessKeyId, scope } = readCredential(credential, (why) =>
    invalidArgument('x-amz-credential', credential, `x-amz-credential of a form: ${why}.`),
  )
  const signedMs = parseIsoBasic(date)
  if (signedMs === undefined || date.slice(0, 8) !== scope.date) {
    const message = 'x-amz-date must be like 20231203T121212Z, on the day of x-amz-credential.'
    throw invalidArgument('x-amz-date', date, message)
  }
  return {
    ...{ accessKeyId, policy, coveredFields, region: scope.region, boundFields: ['bucket'] },
    securityToken: fields.get(TOKEN),
    verify(secret, nowMs) {
      const refusal = formAgeRefusal(signedMs, nowMs)
      if (refusal !== undefined) return refusal
      const key = signingKeyV4(secret, scope, s3Signing)
      const expected = key.digest(policy, 'hex')
      return sameSignature(expected, provided) ? undefined : mismatch(accessKeyId, provided, policy)
    },
  }
}

function signedTwice(): OssError {
  return new OssError('InvalidArgument', { message: 'A form must be signed once, not twice.' })
}

function mismatch(accessKeyId: string, provided: string, policy: string): OssError {
  const shown = policy.length <= SHOWN_LENGTH_MAX ? policy : ''
  return s3SignatureMismatch(accessKeyId, provided.slice(0, SHOWN_LENGTH_MAX), shown)
}

function same(name: string): [name: string, name: string] {
  return [name, name]
}
