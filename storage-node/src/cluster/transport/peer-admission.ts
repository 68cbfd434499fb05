/**
 * Who may connect: a storage node of this region, with the certificate of its store, that is not
 * an older life of that store (replication.md D6).
 *
 * @module
 */

import { sameBytes } from '../../base/bytes.ts'
import type { Incarnation, StoreId } from '../../contract/identifiers.ts'
import type { Hello, HelloRefusal, KnownLife } from '../../wire/peer/hello.ts'
import {
  commonProtocol,
  isPlainStoreId,
  NOTHING_KNOWN,
  PROTOCOL_VERSION,
  PROTOCOL_VERSION_MIN,
} from '../../wire/peer/hello.ts'

export interface AdmissionOptions {
  readonly self: StoreId
  readonly region: string
  /**
   * Whether a certificate belongs to the storage node that has the store. `name` is the
   * certificate's URI (`granary://region/name`); undefined without TLS.
   */
  readonly isHolder: (name: string | undefined, store: StoreId) => boolean
  /** The highest incarnation of a store that this one had heard of when it started. */
  readonly incarnationMax: (store: StoreId) => Incarnation | undefined
  /** Makes a higher incarnation durable; before that the Hello is not answered. */
  readonly remember: (store: StoreId, incarnation: Incarnation) => Promise<void>
  /** Absent where another lane to the same stores exchanges it. */
  readonly lives?: Lives
}

/** What stores tell each other of their earlier lives (D3). */
export interface Lives {
  /** What this one knew of another before its present life. */
  known(store: StoreId): KnownLife
  /** What it has heard of it up to now, of whatever process of it. */
  heard(store: StoreId): KnownLife
  /** Why this store must not go on, by what another knows of it; undefined: it may. */
  condemn(known: KnownLife, from: StoreId): string | undefined
  /** Another has refused this life, by what it knows, or for another reason: then it knows nothing. */
  hearRefusal(known: KnownLife, from: StoreId): void
}

/** What is known about the latest life of a store. */
interface Known {
  readonly incarnation: Incarnation
  /** Undefined: learned in an earlier life of this process. */
  readonly nonce: Uint8Array | undefined
  readonly remembered: Promise<void>
}

export class PeerAdmission {
  readonly #options: AdmissionOptions
  readonly #known = new Map<StoreId, Known>()

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** Why the other side is refused; undefined: it may stay. */
  async admit(
    hello: Hello,
    certificateName: string | undefined,
  ): Promise<HelloRefusal | undefined> {
    const { lives } = this.#options
    const why =
      this.#mayStay(hello, certificateName) ?? lives?.condemn(hello.known, hello.store) ?? undefined
    if (why !== undefined) return { why, known: NOTHING_KNOWN }
    const dead = await this.#mayLive(hello)
    return dead === undefined ? undefined : { why: dead, known: this.#heard(hello.store) }
  }

  /** This store was refused by another, which may know more of it than it does itself. */
  hearRefusal({ known }: HelloRefusal, store: StoreId, certificateName: string | undefined): void {
    const { isHolder, lives } = this.#options
    if (isHolder(certificateName, store)) lives?.hearRefusal(known, store)
  }

  /** What is said to a store of itself; of a life that is met for the first time it is more once that is admitted. */
  known(store: StoreId): KnownLife {
    return this.#options.lives?.known(store) ?? NOTHING_KNOWN
  }

  #heard(store: StoreId): KnownLife {
    return this.#options.lives?.heard(store) ?? NOTHING_KNOWN
  }

  #mayStay(hello: Hello, certificateName: string | undefined): string | undefined {
    const { region, store, to } = hello
    if (commonProtocol(hello, ownProtocols) === undefined) {
      return (
        `Protocol must be ${PROTOCOL_VERSION_MIN} to ${PROTOCOL_VERSION}, ` +
        `is ${hello.protocolMin} to ${hello.protocolMax}`
      )
    }
    if (region !== this.#options.region) {
      return `Region must be '${this.#options.region}', is '${region}'`
    }
    if (!isPlainStoreId(store)) return 'Store id must be a plain name'
    if (to !== this.#options.self) return `Store must be ${to}, is ${this.#options.self}`
    if (store === this.#options.self) return `Store ${store} is this storage node's own`
    if (!this.#options.isHolder(certificateName, store)) {
      return `Store ${store} does not belong to the certificate of '${certificateName ?? ''}'`
    }
    return undefined
  }

  async #mayLive({ store, incarnation, nonce }: Hello): Promise<string | undefined> {
    const known = this.#known.get(store) ?? this.#knownBefore(store)
    if (known !== undefined && incarnation < known.incarnation) {
      return `Store ${store} must have at least incarnation ${known.incarnation}, has ${incarnation}`
    }
    const isSameLife = incarnation === known?.incarnation
    if (isSameLife && known?.nonce !== undefined && !sameBytes(known.nonce, nonce)) {
      return `Store ${store} runs twice with incarnation ${incarnation}`
    }
    const remembered = isSameLife
      ? (known?.remembered ?? Promise.resolve())
      : this.#options.remember(store, incarnation)
    this.#known.set(store, { incarnation, nonce, remembered })
    await remembered
    return undefined
  }

  #knownBefore(store: StoreId): Known | undefined {
    const incarnation = this.#options.incarnationMax(store)
    if (incarnation === undefined) return undefined
    return { incarnation, nonce: undefined, remembered: Promise.resolve() }
  }
}

const ownProtocols = { protocolMin: PROTOCOL_VERSION_MIN, protocolMax: PROTOCOL_VERSION }
