/**
 * HTTPS under a host name of the user's own, with the certificate of a Secret that is renewed, while applications go on.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { podPorts } from '../../storage-node/src/contract/storage-node-pod.ts'
import { apply, kubectl } from '../cluster/bed.ts'
import { makeCertificate } from '../cluster/region-secrets.ts'
import { Granary, REGION } from './granary.ts'
import type { Traffic } from './traffic.ts'
import { expectFullTraffic, expectNoFailure } from './traffic.ts'
import { until } from './until.ts'

const HOST = 'oss.example.com'
const SECRET = 'oss-example-com-tls'
const ROLLOUT_MS_MAX = 240_000
/** Kubernetes hands a changed Secret to pods within a minute or two. */
const RENEWAL_MS_MAX = 150_000
const PAUSE_MS = 25
/** Of a bucket that is there and private; one that is not would be answered with 404. */
const ANSWER = 403

type Owner = 'first' | 'second'

let granary: Granary
let traffic: Traffic
let folder: string
let certificates: Readonly<Record<Owner, ReturnType<typeof makeCertificate>>>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-external-'))
  certificates = {
    first: makeCertificate(folder, 'first', HOST),
    second: makeCertificate(folder, 'second', HOST),
  }
  granary = await Granary.install()
  traffic = await granary.startTraffic()
})

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await granary.remove()
})

beforeEach(async () => {
  await granary.untilWhole()
  await expectFullTraffic(traffic)
  await traffic.measure()
})

test('an external host is added, and answers with its certificate, without a failed request', async () => {
  await applyCertificate('first')
  const external = [{ host: HOST, tlsSecretName: SECRET }]
  const patch = `--patch=${JSON.stringify({ spec: { endpoints: { external } } })}`
  await kubectl(['patch', `region/${REGION}`, `-n${granary.namespace}`, '--type=merge', patch])
  const { metadata } = await granary.get('region', REGION)
  await until('the Region has taken it up', async () => {
    const { status } = await granary.get('region', REGION)
    return status?.observedGeneration === metadata.generation
  })
  const tookMs = await until(
    'every storage node answers with it',
    async () =>
      (await granary.isWhole()) && (await shownOwners()).every((owner) => owner === 'first'),
    ROLLOUT_MS_MAX,
  )
  console.log(`All storage nodes answer for ${HOST} after ${tookMs} ms`)
  await expectNoFailure(traffic, 'An external host was added')
})

test('its certificate is renewed without a failed request or a dropped connection', async () => {
  const visitor = new Visitor(await gatewayAddress())
  try {
    await until('there are requests', async () => visitor.answerCount > 50)
    await applyCertificate('second')
    const tookMs = await until(
      'every storage node answers with the next one',
      async () => (await shownOwners()).every((owner) => owner === 'second'),
      RENEWAL_MS_MAX,
    )
    await visitor.end()
    console.log(
      `Renewed after ${tookMs} ms: ${visitor.answerCount} answers, half of them over ` +
        `${visitor.keptSocketCount} connection, the others showed ${[...visitor.owners].join(', ')}`,
    )
  } finally {
    await visitor.end()
  }
  expect(visitor.failures).toEqual([])
  expect([...visitor.owners]).toEqual(['first', 'second'])
  expect(visitor.keptSocketCount).toBe(1)
  await expectNoFailure(traffic, 'A certificate was renewed')
})

test('every object that was acknowledged is there, and nothing that was deleted', async () => {
  await granary.untilWhole()
  await traffic.verify()
})

/** Asks over one connection that stays and, in turn, over a new one each time. */
class Visitor {
  readonly failures: string[] = []
  /** Of the certificates that new connections were shown, in order. */
  readonly owners = new Set<string>()
  answerCount = 0
  readonly #kept = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #keptSockets = new Set<TLSSocket>()
  readonly #address: string
  readonly #done: Promise<void>
  #isEnding = false

  constructor(address: string) {
    this.#address = address
    this.#done = this.#run()
  }

  get keptSocketCount(): number {
    return this.#keptSockets.size
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#done
    this.#kept.destroy()
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      await this.#ask(this.#kept, (socket) => this.#keptSockets.add(socket))
      await this.#ask(undefined, (socket) => this.owners.add(ownerOf(socket)))
      await sleep(systemClock, PAUSE_MS)
    }
  }

  async #ask(agent: Agent | undefined, look: (socket: TLSSocket) => void): Promise<void> {
    try {
      const { status, socket } = await ask(this.#address, 443, agent)
      if (status !== ANSWER) throw new Error(`The answer was ${status}`)
      look(socket)
      this.answerCount++
    } catch (error) {
      this.failures.push(`${new Date().toISOString()}: ${String(error)}`)
    }
  }
}

/** Asks for a bucket by its host name, believing our certificates alone. */
function ask(
  host: string,
  port: number,
  agent: Agent | undefined,
): Promise<{ readonly status: number | undefined; readonly socket: TLSSocket }> {
  const servername = `photos.${HOST}`
  // Always both: an agent keeps connections apart whose options differ.
  const ca = Object.values(certificates).map((certificate) => certificate['tls.crt'])
  const options = { host, port, servername, ca, headers: { host: servername }, timeout: 5_000 }
  return new Promise((resolve, reject) => {
    const asked = request({ ...options, agent: agent ?? new Agent() }, (answer) => {
      const socket = answer.socket as TLSSocket
      // A connection that is not kept has nothing to tell once it is closed.
      if (agent === undefined) owners.set(socket, subjectOf(socket))
      answer.resume().on('end', () => resolve({ status: answer.statusCode, socket }))
    })
    asked.on('timeout', () => asked.destroy(new Error('It took too long')))
    asked.on('error', reject)
    asked.end()
  })
}

const owners = new WeakMap<TLSSocket, string>()

function ownerOf(socket: TLSSocket): string {
  return owners.get(socket) ?? ''
}

function subjectOf(socket: TLSSocket): string {
  return String(socket.getPeerCertificate().subject.CN)
}

/** What each storage node shows. */
async function shownOwners(): Promise<readonly string[]> {
  const pods = await granary.storageNodePods()
  return Promise.all(
    pods.map(async ({ status }) => {
      const { socket } = await ask(String(status?.podIP), podPorts.https, undefined)
      return ownerOf(socket)
    }),
  )
}

async function applyCertificate(owner: Owner): Promise<void> {
  const stringData = certificates[owner]
  const metadata = { name: SECRET, namespace: granary.namespace }
  await apply([
    { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata, stringData },
  ])
}

/** Of the Service that leads to all storage nodes. */
async function gatewayAddress(): Promise<string> {
  return String((await granary.get('service', `oss-${REGION}-gateway`)).spec['clusterIP'])
}
