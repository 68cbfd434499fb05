/**
 * How a storage node that is a process of its own meets the others: sockets, credentials, beacons.
 *
 * @module
 */

import type { Clock } from './base/clock.ts'
import type { Fatal } from './base/crash.ts'
import type { HybridClock } from './base/hybrid-clock.ts'
import type { Logger } from './base/logger.ts'
import type { Random } from './base/random.ts'
import type { SlabPool } from './base/slabs.ts'
import { ClockComparison } from './cluster/beacons/clock-comparison.ts'
import { StoreStatus } from './cluster/beacons/store-status.ts'
import { ThreadLeases } from './cluster/beacons/thread-leases.ts'
import type { ConfigStore } from './cluster/config-store.ts'
import type { Leases, LeaseView } from './cluster/leases.ts'
import type { PeerNetwork } from './cluster/peer-network.ts'
import { FileCredentials } from './cluster/transport/credential-files.ts'
import { certificateUri, credentialFiles } from './cluster/transport/local-certificates.ts'
import { PeerAdmission } from './cluster/transport/peer-admission.ts'
import { SocketNetwork } from './cluster/transport/socket-network.ts'
import { storeLives } from './cluster/transport/store-lives.ts'
import type { Incarnation, StoreId } from './contract/identifiers.ts'
import type { PlacementMap, StoreEntry } from './contract/placement-map.ts'
import type { NodeConfig } from './node-config.ts'
import { programUrl } from './node-programs.ts'
import type { Store } from './storage/store.ts'
import { NONCE_BYTES } from './wire/peer/hello.ts'

/** Of a storage node that counts as reached; it sends a beacon twice a second. */
const SILENCE_MS_MAX = 10_000

export interface PeersParts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly fatal: Fatal
  readonly hybridClock: HybridClock
  readonly configs: ConfigStore
  /** For large bodies that others send. */
  readonly slabs: SlabPool
  /** The placement map of before this start. */
  readonly kept: PlacementMap | undefined
}

export interface Peers {
  readonly network: PeerNetwork
  readonly leases: Leases
  /** Whether a majority of the region's stores, this one among them, was heard of lately. */
  isInTouch(): boolean
  /** Whether the other stores' clocks say that this machine's is wrong. */
  isClockWrong(): boolean
  /** How others find this storage node. */
  readonly entry: StoreEntry
  /** Resolves with the first placement map that names this store. */
  placed(): Promise<PlacementMap>
  stop(): Promise<void>
}

/** Listens. Others are let in as far as the placement map names them. */
export async function openPeers(
  config: NodeConfig,
  store: Store,
  parts: PeersParts,
): Promise<Peers> {
  const { region, zone, name, certificates, peerHost } = config
  const { clock, random, logger, fatal, hybridClock, configs, slabs, kept } = parts
  const { storeId, incarnation, journal } = store
  const map = new FollowedMap(configs, storeId, kept)
  const files = credentialFiles(certificates, name)
  const credentials = await FileCredentials.open(files, clock, logger)
  const self = { region, zone, store: storeId, incarnation, nonce: random.bytes(NONCE_BYTES) }
  const network = await SocketNetwork.open({
    ...{ self, clock, logger, credentials, slabs },
    admission: new PeerAdmission({
      ...{ self: storeId, region },
      isHolder: (uri, id) => uri === certificateUri(region, map.find(id)?.name ?? ''),
      incarnationMax: (id) => journal.peer(id)?.incarnationMax as Incarnation | undefined,
      remember: (id, higher) => journal.recordIncarnation(id, higher),
      lives: storeLives(store, { directory: config.storeDirectory, clock, fatal }),
    }),
    listen: { host: peerHost, port: config.peerPort },
    addressOf: (id) => map.find(id)?.address,
  })
  const mapVersion = () => map.version
  const status = new StoreStatus({ store, hybridClock, logger, mapVersion, fatal })
  const leases = new ThreadLeases({
    ...{ self: storeId, incarnation, clock, logger, fatal },
    program: programUrl('beacon-thread'),
    incarnations: new Map(
      journal.peers().map((peer) => [peer.storeId, peer.incarnationMax as Incarnation]),
    ),
    sockets: { self, credentials: files, listen: { host: peerHost, port: config.beaconPort } },
    remember: (id, higher) => journal.recordIncarnation(id, higher),
    status: () => status.read(),
    lastSyncMs: () => store.lastSyncMs,
  })
  const comparison = new ClockComparison(clock, () => map.stores.length)
  leases.onHeard((from, news) => {
    status.hear(from, news)
    comparison.hear(from, news.hybridMs)
  })
  map.onChange((stores) => leases.setPeers(beaconPeers(stores, storeId, region)))
  const beaconPort = await leases.listening()
  return {
    network,
    leases,
    entry: {
      ...{ store: storeId, zone, name },
      address: config.peerAddress ?? `${peerHost}:${network.port}`,
      beaconAddress: config.beaconAddress ?? `${peerHost}:${beaconPort}`,
    },
    isInTouch: () => isInTouch(map.stores, storeId, leases.view, clock.monotonicMs()),
    isClockWrong: () => comparison.isWrong,
    placed: () => map.placed,
    async stop() {
      map.stop()
      await leases.close()
      await network.close()
      credentials.stop()
    },
  }
}

/** A storage node that hears of few others can serve next to nothing, but may be asked for it. */
function isInTouch(
  stores: readonly StoreEntry[],
  self: StoreId,
  view: LeaseView,
  nowMs: number,
): boolean {
  const heard = stores.filter(({ store }) => {
    const heardMs = view.heardMs(store)
    return store === self || (heardMs > 0 && nowMs - heardMs < SILENCE_MS_MAX)
  })
  return 2 * heard.length > stores.length
}

function beaconPeers(stores: readonly StoreEntry[], self: StoreId, region: string) {
  return stores
    .filter(({ store }) => store !== self)
    .map(({ store, name, beaconAddress: address }) => {
      return { store, address, certificate: certificateUri(region, name) }
    })
}

/** The newest placement map, as hints have it: what it says only decides who is asked. */
class FollowedMap {
  readonly placed: Promise<PlacementMap>
  readonly #watch: { stop(): void }
  readonly #listeners: ((stores: readonly StoreEntry[]) => void)[] = []
  #map: PlacementMap | undefined

  constructor(configs: ConfigStore, self: StoreId, kept: PlacementMap | undefined) {
    let arrived: (map: PlacementMap) => void = () => {}
    this.placed = new Promise((resolve) => (arrived = resolve))
    const take = (map: PlacementMap) => {
      if (map.version <= this.version) return
      this.#map = map
      if (this.find(self) !== undefined) arrived(map)
      for (const listener of this.#listeners) listener(map.stores)
    }
    if (kept !== undefined) take(kept)
    this.#watch = configs.watchPlacement(take)
  }

  get stores(): readonly StoreEntry[] {
    return this.#map?.stores ?? []
  }

  get version(): number {
    return this.#map?.version ?? 0
  }

  find(store: StoreId): StoreEntry | undefined {
    return this.#map?.stores.find((entry) => entry.store === store)
  }

  /** Called with the map there is, and each later one. */
  onChange(listener: (stores: readonly StoreEntry[]) => void): void {
    this.#listeners.push(listener)
    if (this.#map !== undefined) listener(this.#map.stores)
  }

  stop(): void {
    this.#watch.stop()
  }
}
