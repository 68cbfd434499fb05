/**
 * Who may do what with a bucket, called by npm `ali-oss`.
 *
 * @module
 */

import type { Case } from './cases.ts'

/** What of the client these cases call; it signs and sends what it has no method for, too. */
export interface AccessClient {
  putBucketPolicy(bucket: string, policy: object): Promise<unknown>
  getBucketPolicy(bucket: string): Promise<{ policy: object | null }>
  deleteBucketPolicy(bucket: string): Promise<unknown>
  put(key: string, body: Buffer): Promise<unknown>
  delete(key: string): Promise<unknown>
  putACL(key: string, acl: string): Promise<unknown>
  getACL(key: string): Promise<{ acl: string }>
  request(parameters: object): Promise<{ status: number; data?: Buffer }>
}

/** Returns the cases; they leave the bucket as they find it. */
export function accessCases(oss: AccessClient, bucket: string): Case[] {
  const send = async (method: string, subres: string, content?: string, of = { bucket }) => {
    const successStatuses = [200, 204]
    const answer = await oss.request({ method, ...of, subres, content, successStatuses })
    return String(answer.data ?? '')
  }
  const ofAccount = {} as { bucket: string }
  return [
    {
      name: 'a bucket has a policy, which everybody may see to be public, and has none again',
      async run() {
        const statement = {
          ...{ Effect: 'Allow', Action: ['oss:GetObject'], Principal: ['*'] },
          Resource: [`acs:oss:*:*:${bucket}/open/*`],
        }
        const policy = { Version: '1', Statement: [statement] }
        await oss.putBucketPolicy(bucket, policy)
        const found = JSON.stringify((await oss.getBucketPolicy(bucket)).policy)
        if (found !== JSON.stringify(policy)) throw new Error(`The policy is ${found}`)
        const status = await send('GET', 'policyStatus')
        if (!status.includes('<IsPublic>true<')) throw new Error(`The status is ${status}`)
        await oss.deleteBucketPolicy(bucket)
      },
    },
    {
      name: 'public access to a bucket and to an account is blocked, and let in again',
      async run() {
        const flag = '<BlockPublicAccess>true</BlockPublicAccess>'
        const root = 'PublicAccessBlockConfiguration'
        for (const where of [{ bucket }, ofAccount]) {
          await send('PUT', 'publicAccessBlock', `<${root}>${flag}</${root}>`, where)
          const found = await send('GET', 'publicAccessBlock', undefined, where)
          if (!found.includes(flag)) throw new Error(`The block is ${found}`)
          await send('DELETE', 'publicAccessBlock', undefined, where)
        }
      },
    },
    {
      name: 'an object has an ACL of its own',
      async run() {
        await oss.put('listed', Buffer.from('x'))
        await oss.putACL('listed', 'public-read')
        const { acl } = await oss.getACL('listed')
        if (acl !== 'public-read') throw new Error(`The ACL is ${acl}`)
        await oss.delete('listed')
      },
    },
  ]
}
