/**
 * Asks the system range's primary for access keys: everybody who waits in one question, and one
 * question at a time.
 *
 * Anybody may send requests with ids that nobody has. Each must be asked for, since that there is no such key
 * is never cached, and none may cost the primary a question of its own.
 *
 * @module
 */

import type { AccessKeyRecord } from '../../model/access/access-key.ts'
import { OssError } from '../../model/errors.ts'
import type { AccessKeyId } from '../../model/identifiers.ts'

/** Ids of one question: the answer stays far below the size of a message with the longest policies. */
export const QUESTION_KEY_COUNT_MAX = 40
/** Who comes later is to try again: they are answered in a tenth of a second, or not soon. */
export const WAITING_COUNT_MAX = 4000

/** Asks the primary for those of these that there are. */
export type AskAccessKeys = (ids: readonly AccessKeyId[]) => Promise<readonly AccessKeyRecord[]>

interface Waiting {
  readonly answer: Promise<AccessKeyRecord | undefined>
  readonly resolve: (record: AccessKeyRecord | undefined) => void
  readonly reject: (error: unknown) => void
}

export class AccessKeyQuestions {
  readonly #ask: AskAccessKeys
  readonly #waiting = new Map<AccessKeyId, Waiting>()
  #isAsking = false

  constructor(ask: AskAccessKeys) {
    this.#ask = ask
  }

  /** Asks in a question that is sent after the call. */
  find(accessKeyId: AccessKeyId): Promise<AccessKeyRecord | undefined> {
    const already = this.#waiting.get(accessKeyId)
    if (already !== undefined) return already.answer
    if (this.#waiting.size >= WAITING_COUNT_MAX) {
      return Promise.reject(new OssError('ServiceUnavailable'))
    }
    const waiting = newWaiting()
    this.#waiting.set(accessKeyId, waiting)
    if (!this.#isAsking) void this.#run()
    return waiting.answer
  }

  async #run(): Promise<void> {
    this.#isAsking = true
    while (this.#waiting.size > 0) await this.#askNext()
    this.#isAsking = false
  }

  async #askNext(): Promise<void> {
    const asked = [...this.#waiting].slice(0, QUESTION_KEY_COUNT_MAX)
    for (const [id] of asked) this.#waiting.delete(id)
    try {
      const records = await this.#ask(asked.map(([id]) => id))
      const found = new Map(records.map((record) => [record.accessKeyId, record]))
      for (const [id, { resolve }] of asked) resolve(found.get(id))
    } catch (error) {
      // Nobody could be reached for seconds: those behind need not find that out one by one.
      for (const [, { reject }] of [...asked, ...this.#waiting]) reject(error)
      this.#waiting.clear()
    }
  }
}

function newWaiting(): Waiting {
  let settle: Pick<Waiting, 'resolve' | 'reject'> | undefined
  const answer = new Promise<AccessKeyRecord | undefined>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { answer, ...settle! }
}
