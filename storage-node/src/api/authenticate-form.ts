/**
 * Finds out who lets an upload form in, and whether it is what they allow (oss.md 2.6).
 *
 * @module
 */

import { ANONYMOUS_IDENTITY } from '../model/access/identity.ts'
import type { BucketRecord } from '../model/bucket.ts'
import type { AccessKeyService } from '../services/access-key-service.ts'
import { bytesOf } from '../wire/oss/signature-text.ts'
import type { FormFields } from '../wire/oss/post-form.ts'
import type { SignedForm } from '../wire/oss/post-form-signature.ts'
import { readFormSignature } from '../wire/oss/post-form-signature.ts'
import type { PostPolicy } from '../wire/oss/post-policy.ts'
import {
  policyRefusal,
  readPostPolicy,
  unboundRefusal,
  uncoveredRefusal,
} from '../wire/oss/post-policy.ts'
import { isS3Form, readS3FormSignature } from '../wire/s3/post-form.ts'
import { foreignRegionRefusal } from '../wire/s3/read-authorization.ts'
import type { Caller } from './authenticate.ts'
import { findAccessKey, refuseOtherRegion } from './authenticate.ts'
import type { OssRequest } from './http-message.ts'

/** A form whose policy allows it. */
export interface AllowedForm {
  readonly caller: Caller
  /** Of the file, in bytes. */
  readonly sizeRange: PostPolicy['sizeRange'] | undefined
}

/** What the policy of a form may look at. */
export interface FormContent {
  readonly bucket: BucketRecord
  readonly fields: FormFields
  /** That the object will have. */
  readonly contentType: string
}

/** Throws what a wrong signature, or one for another region, gets, and `AccessDenied` for what the policy does not allow. */
export async function authenticateForm(
  http: OssRequest,
  content: FormContent,
  accessKeys: AccessKeyService,
  region: string,
): Promise<AllowedForm> {
  const { fields } = content
  const isS3 = isS3Form(fields)
  const signed = isS3 ? readS3FormSignature(fields) : readFormSignature(fields)
  if (signed === undefined) return { caller: ANONYMOUS, sizeRange: undefined }
  if (isS3) refuseOtherS3Region(signed, region)
  else refuseOtherRegion({ region: signed.region, presigned: true }, region)
  const caller = await callerOf(http, signed, accessKeys)
  // Only now: what a policy says is nobody's business but its author's.
  const policy = readPostPolicy(signed.policy)
  const refusal =
    policyRefusal(policy, (name) => valueOf(name, content), http.receivedMs) ??
    unboundRefusal(policy, signed.boundFields) ??
    uncoveredRefusal(policy, signed.coveredFields ?? [])
  if (refusal !== undefined) throw refusal
  return { caller, sizeRange: policy.sizeRange }
}

function refuseOtherS3Region({ region }: SignedForm, own: string): void {
  const foreign = foreignRegionRefusal({ region, presigned: true }, own)
  if (foreign !== undefined) throw foreign
}

const ANONYMOUS: Caller = {
  account: undefined,
  identity: ANONYMOUS_IDENTITY,
  accessKeyId: undefined,
}

async function callerOf(
  http: OssRequest,
  signed: SignedForm,
  accessKeys: AccessKeyService,
): Promise<Caller> {
  const { securityToken } = signed
  const key = await findAccessKey(accessKeys, signed.accessKeyId, securityToken, http.receivedMs)
  const refusal = signed.verify(key.accessKeySecret, http.receivedMs)
  if (refusal !== undefined) throw refusal
  const { account, accessKeyId, identity } = key
  http.facts.accessKeyId = accessKeyId
  http.facts.account = account
  return { account, identity, accessKeyId }
}

/** The type is the one that the object gets: another field of that name would say nothing. */
function valueOf(name: string, { bucket, fields, contentType }: FormContent): string | undefined {
  if (name === 'bucket') return bytesOf(bucket.name)
  return name === 'content-type' ? contentType : fields.get(name)
}
