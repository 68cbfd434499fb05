/**
 * Upload forms and signed URLs that npm `ali-oss` signs.
 *
 * @module
 */

import type { Access } from '../support/oss-request.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Field } from '../support/post-form.ts'
import { formRequest } from '../support/post-form.ts'
import type { Case } from './cases.ts'

/** What of the client these cases call. */
export interface FormClient {
  put(key: string, body: Buffer): Promise<unknown>
  get(key: string): Promise<{ content: Buffer }>
  delete(key: string): Promise<unknown>
  calculatePostSignature(policy: object): Record<string, string>
  signPostObjectPolicyV4(policy: object, date: Date): string
  signatureUrl(key: string, options: object): string
  signatureUrlV4(method: string, seconds: number, request: object, key: string): Promise<string>
}

const LIFE_MS = 60_000

/** Returns the cases; the client uses the bucket. */
export function formCases(oss: FormClient, access: Access, bucket: string): Case[] {
  const post = async (fields: readonly Field[], key: string) => {
    const file = { content: 'barley', contentType: 'text/plain' }
    const request = formRequest(bucket, [['key', key], ...fields], file)
    const { status, body } = await sendOssRequest(access, request)
    if (status !== 204) throw new Error(`is ${status}, must be 204: ${body.toString()}`)
    const { content } = await oss.get(key)
    if (String(content) !== 'barley') throw new Error('the form is not what was stored')
    await oss.delete(key)
  }
  return [
    {
      name: 'a form is posted under a policy signed with V1',
      async run() {
        await post(signedV1(oss, bucket), 'posted')
      },
    },
    {
      name: 'a form is posted under a policy signed with V4',
      run: () => post(signedV4(oss, access, bucket), 'posted'),
    },
    {
      name: 'URLs signed with V1 and V4 put, read and delete',
      async run() {
        for (const version of ['V1', 'V4']) {
          const call = (method: string, body?: string) =>
            callSigned(oss, version === 'V4', method, body)
          await call('PUT', 'oats')
          const read = await (await call('GET')).text()
          if (read !== 'oats') throw new Error(`${version} is ${read}, must be oats`)
          await call('HEAD')
          await call('DELETE')
        }
      },
    },
  ]
}

/** The fields that sign a policy with V1, which has these conditions beside the bucket's. */
export function signedV1(oss: FormClient, bucket: string, more: readonly unknown[] = []): Field[] {
  const policy = { expiration: expiration(), conditions: [{ bucket }, ...more] }
  return Object.entries(oss.calculatePostSignature(policy))
}

function expiration(): string {
  return new Date(Date.now() + LIFE_MS).toISOString()
}

/** The fields that sign a policy with V4, which has these conditions beside its own. */
export function signedV4(
  oss: FormClient,
  access: Access,
  bucket: string,
  more: readonly unknown[] = [],
): Field[] {
  const date = new Date()
  const timestamp = date.toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${timestamp.slice(0, 8)}/${access.region}/oss/aliyun_v4_request`
  const fields = {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${access.accessKeyId}/${scope}`,
    'x-oss-date': timestamp,
  }
  const conditions = Object.entries(fields).map(([name, value]) => ({ [name]: value }))
  const policy = { expiration: expiration(), conditions: [{ bucket }, ...conditions, ...more] }
  return [
    ...Object.entries(fields),
    ['policy', Buffer.from(JSON.stringify(policy)).toString('base64')],
    ['x-oss-signature', oss.signPostObjectPolicyV4(policy, date)],
  ]
}

async function callSigned(
  oss: FormClient,
  isV4: boolean,
  method: string,
  body: string | undefined,
): Promise<Response> {
  const url = isV4
    ? await oss.signatureUrlV4(method, 60, { headers: {} }, 'signed')
    : oss.signatureUrl('signed', { method, expires: 60 })
  // A type that nobody chose is not signed either: bytes have none of their own.
  const answer = await fetch(url, { method, ...(body && { body: Buffer.from(body) }) })
  if (answer.ok) return answer
  throw new Error(`${method} is ${answer.status}: ${await answer.text()}`)
}
