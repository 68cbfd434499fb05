/**
 * Upload forms as browsers and SDKs send them: bytes of multipart/form-data, and their policies.
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import type { OssRequest } from './oss-request.ts'

/** The part that is the file. */
export interface FormFile {
  readonly content: Uint8Array | string
  readonly filename?: string
  readonly contentType?: string
}

/** Fields in their order; a name may come more than once. */
export type Field = readonly [name: string, value: string | Uint8Array]

export const BOUNDARY = '----granary-form-7f3a'

/** A request that sends the form; nothing of its head is signed. */
export function formRequest(
  bucket: string,
  fields: readonly Field[],
  file: FormFile | undefined,
): OssRequest {
  return {
    method: 'POST',
    bucket,
    anonymous: true,
    headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` },
    body: formBytes(fields, file),
  }
}

/** The body of the form. */
export function formBytes(fields: readonly Field[], file: FormFile | undefined): Buffer {
  const pieces = fields.flatMap(([name, value]) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`,
    value,
    '\r\n',
  ])
  if (file !== undefined) pieces.push(fileHead(file), file.content, '\r\n')
  pieces.push(`--${BOUNDARY}--\r\n`)
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece)))
}

function fileHead({ filename = 'grain.txt', contentType }: FormFile): string {
  const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="${filename}"\r\n${type}\r\n`
}

/** Base64 of a policy that is good for a while. */
export function policyOf(conditions: readonly unknown[], lifeMs = 60_000): string {
  const expiration = new Date(Date.now() + lifeMs).toISOString()
  return Buffer.from(JSON.stringify({ expiration, conditions })).toString('base64')
}

/** The fields that sign a policy with V1. */
export function signedV1(accessKeyId: string, accessKeySecret: string, policy: string): Field[] {
  const signature = createHmac('sha1', accessKeySecret).update(policy).digest('base64')
  return [
    ['OSSAccessKeyId', accessKeyId],
    ['policy', policy],
    ['Signature', signature],
  ]
}
