/**
 * What is decided at one place stays decided when many ask at once (oss.md 5.1, 5.2, 5.12).
 *
 * @module
 */

import { Agent } from 'node:http'
import { outcomeOf, startApi } from '../support/api.ts'
import type { TestApi } from '../support/api.ts'

const RIVAL_COUNT = 16
const bucket = 'races'
const agent = new Agent({ keepAlive: true, maxSockets: RIVAL_COUNT })
let api: TestApi
beforeAll(async () => {
  api = await startApi()
  await api.send({ method: 'PUT', bucket })
})
afterAll(async () => {
  agent.destroy()
  await api.stop()
  expect(api.bugs).toEqual([])
})

/** Runs as many at once and counts the outcomes. */
async function race(run: (rival: number) => Promise<string>): Promise<Record<string, number>> {
  const outcomes = await Promise.all(Array.from({ length: RIVAL_COUNT }, (_, rival) => run(rival)))
  const counts: Record<string, number> = {}
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

describe.each([1, 2, 3])('round %d', (round) => {
  test('of creators that forbid an overwrite exactly one wins', async () => {
    const key = `created-${round}`
    const headers = { 'x-oss-forbid-overwrite': 'true' }
    let winner = ''
    const counts = await race(async (rival) => {
      const spec = { method: 'PUT', bucket, key, headers, body: `${rival}`, agent }
      const outcome = outcomeOf(await api.send(spec))
      if (outcome === '200') winner = String(rival)
      return outcome
    })
    expect(counts).toEqual({ '200': 1, '409 FileAlreadyExists': RIVAL_COUNT - 1 })
    expect((await api.send({ method: 'GET', bucket, key })).body.toString()).toBe(winner)
  })

  test('of appends at one position exactly one wins', async () => {
    const key = `appended-${round}`
    for (const position of ['0', '2', '4']) {
      const query = { append: '', position }
      const counts = await race(async () =>
        outcomeOf(await api.send({ method: 'POST', bucket, key, query, body: 'ab', agent })),
      )
      expect(counts).toEqual({ '200': 1, '409 PositionNotEqualToLength': RIVAL_COUNT - 1 })
    }
    expect((await api.send({ method: 'GET', bucket, key })).body.toString()).toBe('ababab')
  })

  test('of overwriters one is last, and nothing is mixed', async () => {
    const key = `overwritten-${round}`
    await race(async (rival) => {
      const body = Buffer.alloc(100_000, rival)
      const headers = { 'x-oss-meta-rival': String(rival) }
      return outcomeOf(await api.send({ method: 'PUT', bucket, key, body, headers, agent }))
    })
    const { headers, body } = await api.send({ method: 'GET', bucket, key })
    expect(body.equals(Buffer.alloc(100_000, Number(headers['x-oss-meta-rival'])))).toBe(true)
  })

  test('a list that begins after a write sees it', async () => {
    const counts = await race(async (rival) => {
      const key = `listed-${round}/${rival}`
      await api.send({ method: 'PUT', bucket, key, agent })
      const query = { prefix: key }
      const { body } = await api.send({ method: 'GET', bucket, query, agent })
      return body.toString().includes(`<Key>${key}</Key>`) ? 'seen' : 'missed'
    })
    expect(counts).toEqual({ seen: RIVAL_COUNT })
  })

  test('a PUT and the deletion of its bucket never both succeed', async () => {
    for (let turn = 0; turn < 5; turn++) {
      const doomed = `doomed-${round}-${turn}`
      await api.send({ method: 'PUT', bucket: doomed })
      const [put, deleted] = await Promise.all([
        api.send({ method: 'PUT', bucket: doomed, key: 'k', body: 'x', agent }).then(outcomeOf),
        api.send({ method: 'DELETE', bucket: doomed, agent }).then(outcomeOf),
      ])
      expect([put, deleted]).toEqual(
        put === '200' ? ['200', '409 BucketNotEmpty'] : ['404 NoSuchBucket', '204'],
      )
    }
  })
})
