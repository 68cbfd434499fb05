/**
 * Who lets an upload form in: its policy, signed with V1 or V4 (oss.md 2.6).
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { invalidArgument, OssError } from '../../model/errors.ts'
import { parseIsoBasic } from '../http-date.ts'
import { ossSigning, signingKeyV4 } from '../signing-key-v4.ts'
import { CLOCK_SKEW_MS_MAX, signatureMismatch } from './authorization.ts'
import type { FormFields } from './post-form.ts'
import { sameSignature } from './signature-text.ts'
import { readCredentialV4, V4_ALGORITHM } from './signature-v4.ts'

/** A form that names an access key; nothing is verified yet. */
export interface SignedForm {
  readonly accessKeyId: string
  /** The region that a V4 signature is for; V1 names none. */
  readonly region: string | undefined
  /** Of temporary credentials, as sent. */
  readonly securityToken: string | undefined
  /** Base64, as signed. */
  readonly policy: string
  /** Fields whose values the policy itself has to say. */
  readonly boundFields: readonly string[]
  /** Fields that the policy must have some condition on; undefined: others may come with the form. */
  readonly coveredFields?: readonly string[]
  /** Returns why the form must be refused; undefined when the signature is right. */
  verify(accessKeySecret: string, nowMs: number): OssError | undefined
}

const V1_FIELDS = ['ossaccesskeyid', 'policy', 'signature'] as const
const V4_FIELDS = [
  'x-oss-signature-version',
  'x-oss-credential',
  'x-oss-date',
  'policy',
  'x-oss-signature',
] as const
/** Of these, one alone says that a form is signed with V4. */
const V4_MARKS = ['x-oss-signature-version', 'x-oss-credential', 'x-oss-signature']
const V4_BOUND = ['bucket', 'x-oss-signature-version', 'x-oss-credential', 'x-oss-date']
const V4_AGE_MS_MAX = 7 * 24 * 60 * 60 * 1000
/** A longer policy is not shown back: the client knows it. */
const SHOWN_LENGTH_MAX = 8 * 1024

/** Reads who signed a form; undefined when nobody did. Throws InvalidArgument for half a signature. */
export function readFormSignature(fields: FormFields): SignedForm | undefined {
  const isV4 = V4_MARKS.some((name) => fields.has(name))
  if (isV4) return readV4(fields)
  return V1_FIELDS.some((name) => fields.has(name)) ? readV1(fields) : undefined
}

function readV1(fields: FormFields): SignedForm {
  const [accessKeyId, policy, provided] = allOf(fields, V1_FIELDS) as [string, string, string]
  return {
    accessKeyId,
    region: undefined,
    securityToken: fields.get('x-oss-security-token'),
    policy,
    boundFields: [],
    verify(secret) {
      const expected = createHmac('sha1', secret).update(policy, 'latin1').digest('base64')
      return sameSignature(expected, provided) ? undefined : mismatch(accessKeyId, provided, policy)
    },
  }
}

function readV4(fields: FormFields): SignedForm {
  const values = allOf(fields, V4_FIELDS) as [string, string, string, string, string]
  const [version, credential, date, policy, provided] = values
  if (V1_FIELDS.some((name) => name !== 'policy' && fields.has(name))) {
    throw new OssError('InvalidArgument', { message: 'A form must be signed once, not twice.' })
  }
  if (version !== V4_ALGORITHM) {
    const message = `x-oss-signature-version of a form must be ${V4_ALGORITHM}.`
    throw invalidArgument('x-oss-signature-version', version, message)
  }
  const { accessKeyId, scope } = readCredentialV4(credential)
  const signedMs = parseIsoBasic(date)
  if (signedMs === undefined || date.slice(0, 8) !== scope.date) {
    const message = 'x-oss-date must be like 20231203T121212Z, on the day of x-oss-credential.'
    throw invalidArgument('x-oss-date', date, message)
  }
  return {
    accessKeyId,
    region: scope.region,
    securityToken: fields.get('x-oss-security-token'),
    policy,
    boundFields: V4_BOUND,
    verify(secret, nowMs) {
      const refusal = formAgeRefusal(signedMs, nowMs)
      if (refusal !== undefined) return refusal
      const key = signingKeyV4(secret, scope, ossSigning)
      const expected = key.digest(policy, 'hex')
      return sameSignature(expected, provided) ? undefined : mismatch(accessKeyId, provided, policy)
    },
  }
}

/** Values of fields that belong together. */
export function allOf(fields: FormFields, names: readonly string[]): string[] {
  return names.map((name) => {
    const value = fields.get(name)
    if (value !== undefined && value !== '') return value
    throw invalidArgument(name, '', `A signed form needs the fields ${names.join(', ')}.`)
  })
}

/** Refuses a form whose V4 signature is not valid yet, or no longer. */
export function formAgeRefusal(signedMs: number, nowMs: number): OssError | undefined {
  if (signedMs - nowMs > CLOCK_SKEW_MS_MAX) {
    return new OssError('AccessDenied', { message: 'Request is not valid yet.' })
  }
  if (nowMs - signedMs <= V4_AGE_MS_MAX) return undefined
  return new OssError('AccessDenied', { message: 'Request has expired.', ec: '0002-00000236' })
}

function mismatch(accessKeyId: string, provided: string, policy: string): OssError {
  if (policy.length <= SHOWN_LENGTH_MAX) return signatureMismatch(accessKeyId, provided, policy)
  return new OssError('SignatureDoesNotMatch', {
    details: [
      { name: 'OSSAccessKeyId', value: accessKeyId },
      { name: 'SignatureProvided', value: provided.slice(0, SHOWN_LENGTH_MAX) },
    ],
  })
}
