/**
 * One recorded file: what its last sync made durable, and what was written since.
 *
 * @module
 */

import { unreachable } from '../../storage-node/src/base/assert.ts'
import type { SeededRandom } from './seeded-random.ts'

/** What a power cut leaves or tears as a whole. */
export const SECTOR_BYTES = 512

/** A change that no completed sync covers; `order` is its place in the trace. */
type Change =
  | {
      readonly kind: 'write'
      readonly order: number
      readonly offset: number
      readonly bytes: Buffer
    }
  | { readonly kind: 'resize'; readonly order: number; readonly sizeBytes: number }

/** How a power cut treats one file's unsynced changes. */
type Loss = 'all' | 'none' | 'some sectors' | 'the end'

export class RecordedFile {
  #durable = new Content()
  #changes: Change[] = []

  write(order: number, offset: number, bytes: Buffer): void {
    this.#changes.push({ kind: 'write', order, offset, bytes })
  }

  resize(order: number, sizeBytes: number): void {
    this.#changes.push({ kind: 'resize', order, sizeBytes })
  }

  /** A sync that started at `order` has succeeded. */
  synced(order: number): void {
    const count = this.#changes.findIndex((change) => change.order > order)
    const covered = this.#changes.splice(0, count < 0 ? this.#changes.length : count)
    if (covered.length > 0) this.#durable = this.#durable.with(covered)
  }

  get hasUnsynced(): boolean {
    return this.#changes.length > 0
  }

  /** What a reader sees. */
  content(): Buffer {
    return this.#changes.length === 0
      ? this.#durable.bytes
      : this.#durable.copy().with(this.#changes).bytes
  }

  /** The same file, going its own way from here. */
  fork(): RecordedFile {
    const file = new RecordedFile()
    this.#durable.shared = true
    file.#durable = this.#durable
    file.#changes = [...this.#changes]
    return file
  }

  /** The file after a power cut. */
  afterPowerCut(random: SeededRandom): RecordedFile {
    const file = this.fork()
    const survivors = file.#changes.length === 0 ? [] : surviving(file.#changes, random)
    file.#changes = []
    if (survivors.length > 0) file.#durable = file.#durable.with(survivors)
    file.#durable = file.#durable.grown(this.content().length, random)
    return file
  }
}

/** Bytes that grow in place unless another file still looks at them. */
class Content {
  shared = false
  #buffer: Buffer = Buffer.alloc(0)
  #length = 0

  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length)
  }

  copy(): Content {
    const content = new Content()
    content.#buffer = Buffer.from(this.bytes)
    content.#length = this.#length
    return content
  }

  with(changes: readonly Change[]): Content {
    const content = this.shared ? this.copy() : this
    for (const change of changes) {
      if (change.kind === 'resize') content.#resize(change.sizeBytes)
      else content.#write(change.offset, change.bytes)
    }
    return content
  }

  /** A length may be on disk before the bytes are: they then read as zeros. */
  grown(sizeBytesMax: number, random: SeededRandom): Content {
    if (sizeBytesMax <= this.#length || random.chance(0.5)) return this
    const sizeBytes = random.chance(0.5) ? sizeBytesMax : random.between(this.#length, sizeBytesMax)
    return this.with([{ kind: 'resize', order: 0, sizeBytes }])
  }

  #write(offset: number, bytes: Buffer): void {
    const end = offset + bytes.length
    if (end > this.#length) this.#resize(end)
    bytes.copy(this.#buffer, offset)
  }

  #resize(sizeBytes: number): void {
    if (sizeBytes > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(sizeBytes, 2 * this.#buffer.length))
      this.#buffer.copy(larger, 0, 0, this.#length)
      this.#buffer = larger
    }
    if (sizeBytes < this.#length) this.#buffer.fill(0, sizeBytes, this.#length)
    this.#length = sizeBytes
  }
}

function surviving(changes: readonly Change[], random: SeededRandom): Change[] {
  const loss = random.pick<Loss>(['all', 'none', 'some sectors', 'some sectors', 'the end'])
  switch (loss) {
    case 'all':
      return []
    case 'none':
      return [...changes]
    case 'the end': {
      const kept = changes.slice(0, random.below(changes.length + 1))
      const next = changes[kept.length]
      return next === undefined ? kept : [...kept, ...torn(next, random)]
    }
    case 'some sectors': {
      const keptShare = random.pick([0.1, 0.5, 0.9])
      return changes.flatMap((change) =>
        change.kind === 'resize'
          ? random.chance(keptShare)
            ? [change]
            : []
          : sectorsOf(change).filter(() => random.chance(keptShare)),
      )
    }
    default:
      return unreachable(loss)
  }
}

/** The first sectors of a write. */
function torn(change: Change, random: SeededRandom): Change[] {
  if (change.kind === 'resize') return []
  const sectors = sectorsOf(change)
  return sectors.slice(0, random.below(sectors.length + 1))
}

function sectorsOf(change: Change & { kind: 'write' }): Change[] {
  const sectors: Change[] = []
  const { order, offset, bytes } = change
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES))
    sectors.push({ kind: 'write', order, offset: offset + at, bytes: bytes.subarray(at, end) })
    at = end
  }
  return sectors
}
