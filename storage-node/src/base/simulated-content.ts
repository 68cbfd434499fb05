/**
 * The bytes of one file on the simulated disk: what a reader sees, and what a power cut leaves.
 *
 * @module
 */

import type { Dice } from './seeded-random.ts'

/** A power cut keeps or loses written bytes by blocks of this size. */
const SECTOR_BYTES = 512
/** A drive may work in blocks of this size: cut off in the middle, all of such a block is lost. */
const PHYSICAL_BLOCK_BYTES = 4096
const DAMAGED_BYTE = 0xdb

/** A write that no sync has made durable. */
export interface UnsyncedWrite {
  readonly position: number
  readonly bytes: Uint8Array
  /** A sync failed over it: the kernel has forgotten that it is dirty, no later sync writes it. */
  forgotten: boolean
}

/** How a power cut treats what was not synced. */
export interface Loss {
  readonly dice: Dice
  /** Of a sector, or a name, that was not synced. */
  readonly survivalProbability: number
  /** Of a physical block that was being written. */
  readonly damageProbability: number
  /** Called for each write of which some sectors survive and others do not. */
  onTorn(): void
}

/** One file's bytes, as readers see them and as they are durable. */
export class SimulatedContent {
  readonly #seen = new Image()
  readonly #durable = new Image()
  #unsynced: UnsyncedWrite[] = []

  get sizeBytes(): number {
    return this.#seen.sizeBytes
  }

  /** What readers see now, durable. */
  copy(): SimulatedContent {
    const copy = new SimulatedContent()
    copy.#seen.copyFrom(this.#seen)
    copy.#durable.copyFrom(this.#seen)
    return copy
  }

  read(target: Uint8Array, position: number): number {
    return this.#seen.read(target, position)
  }

  write(bytes: Uint8Array, position: number): void {
    if (bytes.byteLength === 0) return
    this.#seen.write(bytes, position)
    this.#unsynced.push({ position, bytes: bytes.slice(), forgotten: false })
  }

  /** What a sync that starts now will cover. */
  unsyncedWrites(): readonly UnsyncedWrite[] {
    return [...this.#unsynced]
  }

  makeDurable(covered: readonly UnsyncedWrite[]): void {
    const done = new Set(covered.filter(({ forgotten }) => !forgotten))
    for (const { position, bytes } of done) this.#durable.write(bytes, position)
    this.#unsynced = this.#unsynced.filter((write) => !done.has(write))
  }

  /** What a failed sync leaves: readers still see the bytes, no later sync saves them. */
  forget(covered: readonly UnsyncedWrite[]): void {
    for (const write of covered) write.forgotten = true
  }

  /** Flips one bit, on the disk and for readers. */
  rot(position: number): void {
    for (const image of [this.#seen, this.#durable]) image.flipBit(position)
  }

  loseUnsynced(loss: Loss): void {
    const torn = new Set<number>()
    for (const write of this.#unsynced) {
      let [kept, lost] = [false, false]
      for (const sector of sectorsOf(write)) {
        if (loss.dice.chance(loss.survivalProbability)) {
          this.#durable.write(sector.bytes, sector.position)
          kept = true
        } else {
          torn.add(Math.floor(sector.position / PHYSICAL_BLOCK_BYTES))
          lost = true
        }
      }
      if (kept && lost) loss.onTorn()
    }
    // The length is written apart from the bytes; what lies between reads as zeros.
    if (loss.dice.chance(loss.survivalProbability)) this.#durable.extend(this.#seen.sizeBytes)
    for (const block of torn) {
      if (loss.dice.chance(loss.damageProbability)) {
        this.#durable.damage(block * PHYSICAL_BLOCK_BYTES, PHYSICAL_BLOCK_BYTES)
      }
    }
    this.#seen.copyFrom(this.#durable)
    this.#unsynced = []
  }
}

function* sectorsOf({ position, bytes }: UnsyncedWrite) {
  let at = 0
  while (at < bytes.byteLength) {
    const length = SECTOR_BYTES - ((position + at) % SECTOR_BYTES)
    yield { position: position + at, bytes: bytes.subarray(at, at + length) }
    at += length
  }
}

/** A growing array of bytes. */
class Image {
  #bytes = new Uint8Array(0)
  sizeBytes = 0

  read(target: Uint8Array, position: number): number {
    const from = this.#bytes.subarray(
      Math.min(position, this.sizeBytes),
      Math.min(position + target.byteLength, this.sizeBytes),
    )
    target.set(from)
    return from.byteLength
  }

  write(bytes: Uint8Array, position: number): void {
    this.extend(position + bytes.byteLength)
    this.#bytes.set(bytes, position)
  }

  extend(sizeBytes: number): void {
    if (sizeBytes > this.#bytes.byteLength) {
      const larger = new Uint8Array(Math.max(sizeBytes, this.#bytes.byteLength * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    this.sizeBytes = Math.max(this.sizeBytes, sizeBytes)
  }

  damage(position: number, length: number): void {
    this.#bytes.fill(DAMAGED_BYTE, position, Math.min(position + length, this.sizeBytes))
  }

  flipBit(position: number): void {
    if (position < this.sizeBytes) this.#bytes[position] = (this.#bytes[position] ?? 0) ^ 1
  }

  copyFrom(other: Image): void {
    this.#bytes = other.#bytes.slice(0, other.sizeBytes)
    this.sizeBytes = other.sizeBytes
  }
}
