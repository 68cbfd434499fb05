/**
 * Bodies whose checksum is to be kept, made here where a client did not send one.
 *
 * @module
 */

import { assert } from '../base/assert.ts'
import { toHex } from '../base/bytes.ts'
import { type ChecksumAlgorithm, startChecksum } from '../base/object-checksums.ts'
import type { Checksum } from '../model/object-checksum.ts'
import type { BodySource } from './body.ts'

/** The same body; its checksum is made while it is read. */
export function checksummed(body: BodySource, algorithm: ChecksumAlgorithm): BodySource {
  let found: string | undefined
  return {
    ...sameBody(body),
    checksum: {
      algorithm,
      value() {
        assert(found !== undefined, 'a checksum is asked for when its body has been read')
        return found
      },
    },
    async read(take) {
      const running = await startChecksum(algorithm)
      await body.read((piece) => {
        // First: whoever takes a piece may free its memory at once.
        running.update(piece)
        return take(piece)
      })
      found = toHex(running.finish())
    },
  }
}

/** What a body that is read through another one says of itself. */
export function sameBody(body: BodySource) {
  const { lengthBytes, givesPiecesAway = false, release, deferSections, checksum } = body
  return { lengthBytes, givesPiecesAway, release, deferSections, checksum }
}

/** The checksum to keep of a body that has been read. */
export function keptChecksum({ checksum }: BodySource): Checksum | undefined {
  return checksum && { algorithm: checksum.algorithm, value: checksum.value() }
}
