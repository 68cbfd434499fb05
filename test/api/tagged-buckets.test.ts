/**
 * Tags that come with a new bucket: all or nothing, and for whoever may tag it.
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import { sendOssRequest } from '../support/oss-request.ts'

const maker = { accessKeyId: 'key-maker', accessKeySecret: 'secret-of-maker' }
const policy = {
  Version: '1',
  Statement: [{ Effect: 'Allow', Action: 'oss:PutBucket', Resource: 'acs:oss:*:*:*' }],
}
const user = { name: 'maker', id: '3000000000000001', accessKeys: [maker], policies: [policy] }

let api: TestApi
beforeAll(async () => {
  const accounts = { accounts: [{ uid: '1000000000000001', users: [user] }] }
  api = await startApi(undefined, accounts)
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const make = (bucket: string, tags: string, more: Record<string, string> = {}) =>
  api.send({ method: 'PUT', bucket, headers: { 'x-oss-bucket-tagging': tags, ...more } })
const tagsOf = async (bucket: string) => {
  const { body } = await api.send({ method: 'GET', bucket, query: { tagging: '' } })
  return /<TagSet>(.*)<\/TagSet>/.exec(body.toString())?.[1]
}

test('PutBucket with tags makes the bucket with them', async () => {
  expect(outcomeOf(await make('tagged', 'team=gr%C3%BCn&bare'))).toBe('200')
  const tags =
    '<Tag><Key>team</Key><Value>grün</Value></Tag><Tag><Key>bare</Key><Value></Value></Tag>'
  expect(await tagsOf('tagged')).toBe(tags)
  expect(outcomeOf(await api.send({ method: 'PUT', bucket: 'tagged' }))).toBe('200')
  expect(await tagsOf('tagged')).toBe(tags)
  expect(outcomeOf(await make('tagged', 'a=1'))).toBe('200')
  expect(await tagsOf('tagged')).toBe('<Tag><Key>a</Key><Value>1</Value></Tag>')
})

test.each([
  ['aliyun=1', {}, '400 InvalidTag'],
  ['a=1&a=2', {}, '400 RepeatedTags'],
  ['a=%ff', {}, '400 InvalidArgument'],
  [Array.from({ length: 21 }, (_, at) => `t${at}`).join('&'), {}, '400 TooManyTags'],
  ['a=1', { 'x-oss-acl': 'open' }, '400 InvalidArgument'],
])('PutBucket with the tags %.20s and %j makes nothing: %s', async (tags, more, expected) => {
  expect(outcomeOf(await make('untagged', tags, more as Record<string, string>))).toBe(expected)
  expect(outcomeOf(await api.send({ method: 'GET', bucket: 'untagged' }))).toBe('404 NoSuchBucket')
})

test('who may make buckets and not tag them makes none with tags', async () => {
  const headers = { 'x-oss-bucket-tagging': 'a=1' }
  const asMaker = { ...api.owner, ...maker }
  const request = { method: 'PUT', bucket: 'of-maker' }
  expect(outcomeOf(await sendOssRequest(asMaker, { ...request, headers }))).toBe('403 AccessDenied')
  const looked = { method: 'GET', bucket: 'of-maker' }
  expect(outcomeOf(await api.send(looked))).toBe('404 NoSuchBucket')
  expect(outcomeOf(await sendOssRequest(asMaker, request))).toBe('200')
})
