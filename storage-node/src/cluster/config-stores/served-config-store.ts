/**
 * The config store as a storage node sees it whose machine has it in another process.
 *
 * One connection, made when it is needed. What is under way when it breaks, or is not answered in
 * time, has an unknown outcome.
 *
 * @module
 */

import { connect, type Socket } from 'node:net'
import { assert } from '../../base/assert.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { Configuration } from '../../contract/configuration.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type { PlacementMap } from '../../contract/placement-map.ts'
import { decode, encode } from '../../wire/peer/codec.ts'
import {
  configReply,
  configRequest,
  type ConfigReply,
  type ConfigRequest,
} from '../../wire/peer/config-messages.ts'
import { ConfigStoreUnavailableError, type ConfigStore, type SwapOutcome } from '../config-store.ts'
import type { ConfigVersion, PartitionConfig } from '../../contract/partition-record.ts'
import { frameMessage, MessageCutter } from './message-stream.ts'

export interface ServedConfigStoreOptions {
  readonly clock: Clock
  /** Of the server's socket. */
  readonly path: string
}

interface Asked {
  readonly settle: (reply: ConfigReply) => void
  readonly fail: (error: Error) => void
}

/** An answer takes one sync of the server's disk. */
const DEADLINE_MS = 2_000
const RECONNECT_MS = 250

type Listener<T> = (changed: T) => void

export class ServedConfigStore implements ConfigStore {
  readonly #clock: Clock
  readonly #path: string
  readonly #asked = new Map<number, Asked>()
  readonly #watchers = new Set<Listener<PartitionConfig>>()
  readonly #mapWatchers = new Set<Listener<PlacementMap>>()
  #socket: Socket | undefined
  #isWatching = false
  #retry: Timer | undefined
  #lastNumber = 0
  #isClosed = false

  constructor({ clock, path }: ServedConfigStoreOptions) {
    this.#clock = clock
    this.#path = path
  }

  async get(partition: PartitionId): Promise<PartitionConfig | undefined> {
    const reply = await this.#ask({ kind: 'get', partition })
    return expectKind(reply, 'config').config
  }

  async list(): Promise<readonly PartitionConfig[]> {
    return expectKind(await this.#ask({ kind: 'list' }), 'configs').configs
  }

  async swap(
    partition: PartitionId,
    expected: ConfigVersion,
    configuration: Configuration,
  ): Promise<SwapOutcome> {
    return outcomeOf(await this.#ask({ kind: 'swap', partition, expected, configuration }))
  }

  async touch(partition: PartitionId, expected: ConfigVersion): Promise<SwapOutcome> {
    return outcomeOf(await this.#ask({ kind: 'touch', partition, expected }))
  }

  async getPlacement(): Promise<PlacementMap | undefined> {
    return expectKind(await this.#ask({ kind: 'getPlacement' }), 'placement').map
  }

  watch(changed: Listener<PartitionConfig>): { stop(): void } {
    return this.#watch(this.#watchers, changed)
  }

  watchPlacement(changed: Listener<PlacementMap>): { stop(): void } {
    return this.#watch(this.#mapWatchers, changed)
  }

  close(): void {
    this.#isClosed = true
    this.#retry?.cancel()
    this.#socket?.destroy()
  }

  /** Whoever joins makes the server tell everything once more: hints may repeat themselves. */
  #watch<T>(watchers: Set<Listener<T>>, changed: Listener<T>): { stop(): void } {
    const listener: Listener<T> = (value) => changed(value)
    watchers.add(listener)
    this.#isWatching = false
    this.#startWatching()
    return { stop: () => void watchers.delete(listener) }
  }

  #startWatching(): void {
    if (this.#isWatching || this.#isClosed) return
    if (this.#watchers.size + this.#mapWatchers.size === 0) return
    this.#isWatching = true
    this.#ask({ kind: 'watch' }).catch(() => this.#watchAgainLater())
  }

  #watchAgainLater(): void {
    this.#isWatching = false
    if (this.#isClosed) return
    this.#retry ??= this.#clock.schedule(RECONNECT_MS, () => {
      this.#retry = undefined
      this.#startWatching()
    })
  }

  #ask(request: ConfigRequest): Promise<ConfigReply> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new ConfigStoreUnavailableError('The store is closed'))
      const number = ++this.#lastNumber
      const finish = (settle: () => void) => {
        if (!this.#asked.delete(number)) return
        timer.cancel()
        settle()
      }
      const fail = (error: Error) => finish(() => reject(error))
      const timer = this.#clock.schedule(DEADLINE_MS, () => {
        fail(new ConfigStoreUnavailableError(`No answer within ${DEADLINE_MS} ms`))
      })
      this.#asked.set(number, {
        settle: (reply) => finish(() => settleReply(reply, resolve, reject)),
        fail,
      })
      this.#connected().write(frameMessage(encode(configRequest, { number, request }).values))
    })
  }

  #connected(): Socket {
    if (this.#socket !== undefined) return this.#socket
    const socket = connect(this.#path)
    this.#socket = socket
    const cutter = new MessageCutter((bytes) => this.#onReply(bytes))
    socket.on('data', (bytes) => {
      try {
        cutter.take(bytes)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    let cause: Error | undefined
    socket.on('error', (error) => (cause = error))
    socket.on('close', () => this.#onClose(cause))
    return socket
  }

  #onReply(bytes: Uint8Array): void {
    const { number, reply } = decode(configReply, { values: bytes, bulk: [] })
    if (number !== 0) return this.#asked.get(number)?.settle(reply)
    if (reply.kind === 'config' && reply.config !== undefined) {
      for (const watcher of this.#watchers) watcher(reply.config)
    }
    if (reply.kind === 'placement' && reply.map !== undefined) {
      for (const watcher of this.#mapWatchers) watcher(reply.map)
    }
  }

  #onClose(cause: Error | undefined): void {
    this.#socket = undefined
    const error = new ConfigStoreUnavailableError('The connection broke', { cause })
    for (const { fail } of [...this.#asked.values()]) fail(error)
    if (this.#isWatching) this.#watchAgainLater()
  }
}

function settleReply(
  reply: ConfigReply,
  resolve: (reply: ConfigReply) => void,
  reject: (error: Error) => void,
): void {
  if (reply.kind !== 'unavailable') return resolve(reply)
  reject(new ConfigStoreUnavailableError(reply.why))
}

function outcomeOf(reply: ConfigReply): SwapOutcome {
  if (reply.kind === 'lost') return { kind: 'lost' }
  return { kind: 'won', config: expectKind(reply, 'won').config }
}

/** The server answers what it was asked, unless one of the two is wrong. */
function expectKind<K extends ConfigReply['kind']>(
  reply: ConfigReply,
  kind: K,
): Extract<ConfigReply, { kind: K }> {
  assert(reply.kind !== 'refused', `a configuration follows the rules: ${whyOf(reply)}`)
  assert(reply.kind === kind, `the config server answers '${kind}', not '${reply.kind}'`)
  return reply as Extract<ConfigReply, { kind: K }>
}

function whyOf(reply: ConfigReply): string {
  return reply.kind === 'refused' ? reply.why : ''
}
