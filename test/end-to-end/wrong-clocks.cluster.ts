/**
 * The clock of one machine is wrong, ahead or behind, and set right again, while applications go on.
 *
 * @module
 */

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, get } from 'node:http'
import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { podPorts } from '../../storage-node/src/contract/storage-node-pod.ts'
import { apply, kubectl } from '../cluster/bed.ts'
import { CLOCK_FILE, CLOCK_IMAGE } from './altered-builds.ts'
import { Granary, REGION, splitImage } from './granary.ts'
import type { Traffic } from './traffic.ts'
import { expectFullTraffic, expectSteadyWrites } from './traffic.ts'
import { until } from './until.ts'

/** In the zone in which no client is. */
const POD = `${REGION}-c-0`
const HOUR_MS = 3_600_000
/** The operator asks once a minute. */
const TOLD_MS_MAX = 75_000
const CALM_MS = 10_000
const PAUSE_MS = 200

/** So many that the storage node leads some of them. */
const BUCKETS = Array.from({ length: 16 }, (_, at) => `open-${at}`)
const SILENCE_MS_MAX = 5_000

let granary: Granary
let traffic: Traffic

beforeAll(async () => {
  granary = await Granary.install({ storageNodeImage: splitImage(CLOCK_IMAGE) })
  traffic = await granary.startTraffic()
  const spec = { acl: 'public-read-write', deletionPolicy: 'Delete', deleteContents: true }
  await apply(BUCKETS.map((bucket) => granary.resource('Bucket', bucket, spec)))
  for (const bucket of BUCKETS) {
    const ready = ['--for=condition=Ready', '--timeout=60s']
    await kubectl(['wait', `bucket/${bucket}`, `-n${granary.shop}`, ...ready])
  }
})

afterAll(() => granary.remove())

beforeEach(async () => {
  await granary.untilWhole()
  await expectFullTraffic(traffic)
  await traffic.measure()
})

test.each([
  ['ahead of', HOUR_MS],
  ['behind', -HOUR_MS],
])(
  'a clock that is an hour %s the others is told, and set right it is forgotten',
  async (words, ms) => {
    const writers = await Promise.all(BUCKETS.map(Writer.start))
    await setClock(ms)
    const toldMs = await until('it is told', () => isTold('True'), TOLD_MS_MAX)
    const { message = '' } = (await granary.condition('ClockSkewed')) ?? {}
    console.log(`Told after ${toldMs} ms: ${message}`)
    expect(message).toContain(`${POD} is 3600 s ${words} the others`)
    // Who came before goes elsewhere with the next request.
    expect(await connectionOf(POD)).toBe('close')
    await expectSteadyWrites(traffic, `A clock was an hour ${words} the others`)
    await setClock(0)
    const rightMs = await until('it is forgotten', () => isTold('False'), TOLD_MS_MAX)
    console.log(`Forgotten after ${rightMs} ms`)
    await granary.untilWhole()
    expect(await connectionOf(POD)).toBe('keep-alive')
    await sleep(systemClock, CALM_MS)
    await expectSteadyWrites(traffic, 'It was set right')
    const silencesMs = await Promise.all(writers.map((writer) => writer.end()))
    console.log(
      `Longest times without a write, by bucket: ${silencesMs.map(Math.round).join(', ')}`,
    )
    expect(Math.max(...silencesMs)).toBeLessThan(SILENCE_MS_MAX)
  },
)

test('every object that was acknowledged is there, and nothing that was deleted', async () => {
  await traffic.verify()
})

/** Writes to a bucket that is open to everybody, by way of a storage node whose clock is right. */
class Writer {
  readonly #url: string
  #writtenMs = systemClock.monotonicMs()
  #longestSilenceMs = 0
  #isEnding = false
  readonly #done: Promise<void>

  private constructor(url: string) {
    this.#url = url
    this.#done = this.#run()
  }

  static async start(this: void, bucket: string): Promise<Writer> {
    return new Writer(`${await addressOf(`${REGION}-a-0`)}/${bucket}/written`)
  }

  /** Resolves with the longest time in which nothing was acknowledged, in milliseconds. */
  async end(): Promise<number> {
    this.#isEnding = true
    await this.#done
    return this.#longestSilenceMs
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      const answer = await fetch(this.#url, { method: 'PUT', body: 'written' })
      await answer.arrayBuffer()
      const nowMs = systemClock.monotonicMs()
      this.#longestSilenceMs = Math.max(this.#longestSilenceMs, nowMs - this.#writtenMs)
      if (answer.ok) this.#writtenMs = nowMs
      await sleep(systemClock, PAUSE_MS)
    }
  }
}

async function addressOf(pod: string): Promise<string> {
  const { status } = await granary.get('pod', pod)
  return `http://${status?.podIP}:${podPorts.http}`
}

/** What a storage node says becomes of the connection after an answer. */
async function connectionOf(pod: string): Promise<string | undefined> {
  const agent = new Agent({ keepAlive: true })
  const request = get(`${await addressOf(pod)}/${BUCKETS[0]}/written`, { agent })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  agent.destroy()
  return answer.headers.connection
}

async function isTold(status: string): Promise<boolean> {
  return (await granary.condition('ClockSkewed'))?.status === status
}

async function setClock(aheadMs: number): Promise<void> {
  const written = `echo ${aheadMs} > ${CLOCK_FILE}`
  await kubectl(['exec', POD, `-n${granary.namespace}`, '--', 'sh', '-c', written])
}
