/**
 * Storage classes: who is of which, what is frozen, and what a restore does about it (oss.md 5.15).
 *
 * The region's clock stands still unless a test lets it go on; a day of this region takes 20 seconds.
 *
 * @module
 */

import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'
import type { OssRequest } from '../support/oss-request.ts'

const bucket = 'classes'
const DAY_MS = 20_000
const DELAY_MS = 1_000

let api: TestApi
beforeAll(async () => {
  const restoreLengths = { delayMs: DELAY_MS, dayMs: DAY_MS }
  api = await startApi(undefined, undefined, undefined, { restoreLengths })
  await api.send({ method: 'PUT', bucket })
})
afterAll(async () => {
  expect(api.bugs).toEqual([])
  await api.stop()
})

const send = (request: Partial<OssRequest>) => api.send({ method: 'PUT', bucket, ...request })
const put = (key: string, storageClass: string, more: Partial<OssRequest> = {}) =>
  send({ key, body: 'barley', headers: { 'x-oss-storage-class': storageClass }, ...more })
const get = (key: string, query: Record<string, string> = {}, headers = {}) =>
  send({ method: 'GET', key, query, headers })
const head = (key: string, query: Record<string, string> = {}) =>
  send({ method: 'HEAD', key, query })
const restore = (key: string, body = '', query: Record<string, string> = {}) =>
  send({ method: 'POST', key, query: { restore: '', ...query }, body })

test('a frozen object is not read until it is restored, and is frozen again after a day', async () => {
  expect(outcomeOf(await put('frozen', 'Archive'))).toBe('200')
  expect(outcomeOf(await get('frozen'))).toBe('403 InvalidObjectState')
  const { headers: before } = await head('frozen')
  expect([before['x-oss-storage-class'], before['x-oss-restore']]).toEqual(['Archive', undefined])

  expect(outcomeOf(await restore('frozen'))).toBe('202')
  expect((await head('frozen')).headers['x-oss-restore']).toBe('ongoing-request="true"')
  expect(outcomeOf(await get('frozen'))).toBe('403 InvalidObjectState')
  expect(outcomeOf(await restore('frozen'))).toBe('409 RestoreAlreadyInProgress')

  const until = new Date(api.clock.nowMs() + DELAY_MS + DAY_MS).toUTCString()
  api.clock.advance(DELAY_MS)
  expect((await head('frozen')).headers['x-oss-restore']).toBe(
    `ongoing-request="false", expiry-date="${until}"`,
  )
  expect((await get('frozen')).body.toString()).toBe('barley')

  api.clock.advance(DAY_MS)
  expect(outcomeOf(await get('frozen'))).toBe('403 InvalidObjectState')
  expect((await head('frozen')).headers['x-oss-restore']).toBeUndefined()
})
