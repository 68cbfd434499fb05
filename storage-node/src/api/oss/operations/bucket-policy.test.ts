import type { BucketSetting } from '../../../model/bucket-setting.ts'
import { bucket, owner, requestOf, servicesOf } from '../operation-fixtures.ts'
import {
  deleteBucketPolicy,
  getBucketPolicy,
  getBucketPolicyStatus,
  putBucketPolicy,
} from './bucket-policy.ts'
import {
  deleteBucketPublicAccessBlock,
  getBucketPublicAccessBlock,
  putBucketPublicAccessBlock,
} from './bucket-public-access-block.ts'

/** Services that remember what setting is put. */
function remembering() {
  const put: BucketSetting[] = []
  const putSetting = (_bucket: unknown, setting: BucketSetting) => {
    put.push(setting)
    return Promise.resolve(bucket)
  }
  return { put, services: servicesOf({ buckets: { putSetting } }) }
}

function textOf(principal: string): string {
  const statement = {
    ...{ Effect: 'Allow', Action: 'oss:GetObject', Principal: [principal] },
    Resource: `acs:oss:*:${owner}:${bucket.name}/*`,
  }
  return JSON.stringify({ Version: '1', Statement: [statement] })
}

/** A request about a bucket with these settings. */
function about(settings: Partial<typeof bucket>, body?: string) {
  const request = requestOf(body === undefined ? {} : { body })
  return { ...request, bucket: { ...bucket, ...settings } }
}

test('PutBucketPolicy keeps the text, unless it is public where that is blocked', async () => {
  const { put, services } = remembering()
  const value = textOf('*')
  expect((await putBucketPolicy.handle(about({}, value), services)).status).toBe(200)
  expect(put).toEqual([{ kind: 'policy', value }])
  await expect(
    putBucketPolicy.handle(about({ publicAccessBlock: true }, value), services),
  ).rejects.toMatchObject({ code: 'AccessDenied' })
  const own = about({ publicAccessBlock: true }, textOf(owner))
  expect((await putBucketPolicy.handle(own, services)).status).toBe(200)
  expect(put).toHaveLength(2)
})

test('GetBucketPolicy and GetBucketPolicyStatus show what there is', async () => {
  const request = about({ policy: textOf('*') })
  const answer = await getBucketPolicy.handle(request, servicesOf({}))
  expect(answer).toEqual({
    ...{ status: 200, headers: ['Content-Type', 'application/json'], body: textOf('*') },
  })
  const statusOf = async (policy: string | undefined) =>
    (await getBucketPolicyStatus.handle(about({ policy }), servicesOf({}))).body
  expect(await statusOf(textOf('*'))).toContain('<IsPublic>true</IsPublic>')
  expect(await statusOf(textOf(owner))).toContain('<IsPublic>false</IsPublic>')
  expect(await statusOf(undefined)).toContain('<IsPublic>false</IsPublic>')
  expect(() => getBucketPolicy.handle(about({}), servicesOf({}))).toThrow(/doesn't exist/)
})

test('DeleteBucketPolicy and DeleteBucketPublicAccessBlock take the setting back', async () => {
  const { put, services } = remembering()
  for (const operation of [deleteBucketPolicy, deleteBucketPublicAccessBlock]) {
    expect((await operation.handle(requestOf(), services)).status).toBe(204)
  }
  expect(put).toEqual([
    { kind: 'policy', value: undefined },
    { kind: 'publicAccessBlock', value: false },
  ])
})

test('PutBucketPublicAccessBlock sets what GetBucketPublicAccessBlock shows', async () => {
  const { put, services } = remembering()
  const shown = await getBucketPublicAccessBlock.handle(
    about({ publicAccessBlock: true }),
    servicesOf({}),
  )
  const body = String(shown.body)
  expect(body).toContain('<BlockPublicAccess>true</BlockPublicAccess>')
  expect((await putBucketPublicAccessBlock.handle(requestOf({ body }), services)).status).toBe(200)
  expect(put).toEqual([{ kind: 'publicAccessBlock', value: true }])
  await expect(
    putBucketPublicAccessBlock.handle(requestOf({ body: '<x/>' }), services),
  ).rejects.toMatchObject({ code: 'MalformedXML' })
})
