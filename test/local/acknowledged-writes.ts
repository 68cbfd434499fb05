/**
 * Writes objects until the server is gone, remembers what was acknowledged, and looks for it later.
 *
 * @module
 */

import { Agent } from 'node:http'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Access } from '../support/oss-request.ts'

const BUCKET = 'kept'
const CLIENT_COUNT = 8
/** In the row; collected; in more than one piece of a connection. */
const SIZES_BYTES = [100, 5_000, 300_000]

export class AcknowledgedWrites {
  readonly #bodies = new Map<string, Buffer>()
  #lastNumber = 0

  get count(): number {
    return this.#bodies.size
  }

  async createBucket(access: Access): Promise<void> {
    const { status, body } = await sendOssRequest(access, { method: 'PUT', bucket: BUCKET })
    if (status !== 200) throw new Error(`No bucket: ${status} ${body.toString()}`)
  }

  /** Writes one object; throws unless it is acknowledged. */
  async put(access: Access, agent?: Agent): Promise<void> {
    const number = ++this.#lastNumber
    const key = `object-${number}`
    const body = Buffer.alloc(SIZES_BYTES[number % SIZES_BYTES.length] ?? 0, `${key} `)
    const spec = { method: 'PUT', bucket: BUCKET, key, body, ...(agent && { agent }) }
    const { status, body: said } = await sendOssRequest(access, spec)
    if (status !== 200) throw new Error(`No object: ${status} ${said.toString()}`)
    this.#bodies.set(key, body)
  }

  /** Several writers, each until its first failure, or until there are so many objects more. */
  async putUntilFailure(access: Access, countMax = Infinity): Promise<void> {
    const end = this.#lastNumber + countMax
    await sideBySide(async (agent) => {
      while (this.#lastNumber < end) await this.put(access, agent)
    })
  }

  /** Keys that are not there as they were acknowledged; none, if all is well. */
  async missing(access: Access): Promise<string[]> {
    const missing: string[] = []
    const wanted = this.#bodies.entries()
    const failures = await sideBySide(async (agent) => {
      for (const [key, body] of wanted) {
        const found = await sendOssRequest(access, { method: 'GET', bucket: BUCKET, key, agent })
        if (found.status !== 200 || !found.body.equals(body)) missing.push(`${key} ${found.status}`)
      }
    })
    return [...missing, ...failures]
  }
}

/** Clients with a connection each; returns why some ended early. */
async function sideBySide(work: (agent: Agent) => Promise<void>): Promise<string[]> {
  const agent = new Agent({ keepAlive: true })
  const ends = await Promise.allSettled(Array.from({ length: CLIENT_COUNT }, () => work(agent)))
  agent.destroy()
  return ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []))
}

/** The same access by way of another storage node. */
export function accessAt(access: Access, at: number): Access {
  const endpoint = access.endpoints?.at(at)
  if (endpoint === undefined) throw new Error(`There is no endpoint ${at}`)
  return { ...access, endpoint }
}
