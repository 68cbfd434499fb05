/**
 * Takes the running hash of a sequential upload on by one part, while the part is read.
 *
 * Only for a part that comes next: whatever else arrives, the primary decides what becomes of the
 * hash. What is computed here counts only if the upload is still as it was found.
 *
 * @module
 */

import { toHex } from '../base/bytes.ts'
import { continueMd5 } from '../base/running-md5.ts'
import type { RunningMd5 } from '../base/running-md5.ts'
import type { RunningStep } from '../model/command.ts'
import type { UploadRecord } from '../model/object.ts'
import type { BodySource } from './body.ts'
import { sameBody } from './checksummed-body.ts'

/** Undefined: there is none to take on, for this part or any more. */
export async function startRunningHash(
  { isSequential, running, partCount }: UploadRecord,
  partNumber: number,
): Promise<RunningHasher | undefined> {
  if (!isSequential || running === undefined || partNumber !== partCount + 1) return undefined
  const md5 = await continueMd5(running.state)
  return md5 === undefined ? undefined : new RunningHasher(running.md5, md5)
}

/** The hash of what is there, and of one body behind it. */
export class RunningHasher {
  readonly #before: string
  readonly #md5: RunningMd5

  constructor(before: string, md5: RunningMd5) {
    this.#before = before
    this.#md5 = md5
  }

  /** The same body; its pieces are hashed before anybody may free them. */
  listenTo(body: BodySource): BodySource {
    return {
      ...sameBody(body),
      read: (take) =>
        body.read((piece) => {
          this.#md5.update(piece)
          return take(piece)
        }),
    }
  }

  /** Once the body has been read. */
  step(): RunningStep {
    const { md5, state } = this.#md5.sum()
    return { before: this.#before, after: { md5: toHex(md5), state } }
  }
}
