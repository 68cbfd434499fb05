/**
 * What clients asked for and what they were answered: the record that the simulator, the nemesis and others fill, and
 * that `check-history.ts` judges.
 *
 * @module
 */

/** What came of a call, as the client knows it. */
export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** Refused for good: it has no effect and never will have. */
  | { readonly kind: 'refused'; readonly code: string }
  /** It may have taken effect, may yet, or not at all. */
  | { readonly kind: 'unknown'; readonly why: string }

/**
 * `content` names what an object is made of, piece after piece, with commas between; a piece is written once. An
 * append or a part that somebody else's piece stands behind shows so.
 */
export type ClientOperation =
  | { readonly kind: 'createBucket' | 'deleteBucket' | 'list'; readonly bucket: string }
  | {
      readonly kind: 'get' | 'head'
      readonly bucket: string
      readonly key: string
    }
  | {
      readonly kind: 'delete'
      readonly bucket: string
      readonly key: string
      readonly condition?: WriteCondition | undefined
    }
  | {
      readonly kind: 'put'
      readonly bucket: string
      readonly key: string
      readonly forbidOverwrite: boolean
      readonly condition?: WriteCondition | undefined
      readonly content: string
      readonly etag: string
      readonly sizeBytes: number
    }
  | {
      readonly kind: 'append'
      readonly bucket: string
      readonly key: string
      readonly position: number
      readonly content: string
      readonly sizeBytes: number
    }
  | {
      readonly kind: 'complete'
      readonly bucket: string
      readonly key: string
      readonly uploadId: string
      readonly content: string
      readonly etag: string
      readonly sizeBytes: number
      /** Of an upload whose parts came in order: the MD5 that its object has to tell. */
      readonly contentMd5?: string
    }

/** What a put or a deletion says must be there: nothing, any object, or the one with this ETag. */
export type WriteCondition = 'nothing' | 'something' | { readonly etag: string }

export interface ListedKey {
  readonly key: string
  readonly etag: string
  readonly sizeBytes: number
}

/** Where an object has none of its own to tell. */
export const NO_CONTENT_MD5 = 'none'

/** What an answer showed. `contentMd5` is absent where it shows none of any object. */
export type Seen =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'object'
      readonly etag: string
      readonly sizeBytes: number
      readonly contentMd5?: string
    }
  | {
      readonly kind: 'content'
      readonly etag: string
      readonly sizeBytes: number
      readonly contentMd5?: string
      /** Undefined: nobody wrote these bytes. */
      readonly content: string | undefined
    }
  /** All pages of a list behind one another, as they came. */
  | { readonly kind: 'keys'; readonly keys: readonly ListedKey[] }

/** One call. Moments are numbered through all calls: of two, the one with the lower number came first. */
export interface ClientCall {
  readonly client: number
  readonly operation: ClientOperation
  readonly invokedMs: number
  readonly invokedAt: number
  returnedMs: number | undefined
  returnedAt: number | undefined
  /** Undefined: the call is still open, which says as much as an unknown outcome. */
  outcome: Outcome<Seen> | undefined
}

/** All calls of a run, in the order in which they were made. */
export class ClientHistory {
  readonly calls: ClientCall[] = []
  #momentCount = 0

  /** Notes a call; the function returned notes its end. */
  invoke(
    client: number,
    invokedMs: number,
    operation: ClientOperation,
  ): (returnedMs: number, outcome: Outcome<Seen>) => void {
    const call: ClientCall = {
      ...{ client, operation, invokedMs, invokedAt: this.#momentCount++ },
      ...{ returnedMs: undefined, returnedAt: undefined, outcome: undefined },
    }
    this.calls.push(call)
    return (returnedMs, outcome) => {
      call.returnedMs = returnedMs
      call.returnedAt = this.#momentCount++
      call.outcome = outcome
    }
  }
}

/**
 * The calls of several recorders whose clocks agree, as one history. Of equal times a call counts before an answer:
 * what may have overlapped is taken to have done so.
 */
export function mergeHistories(parts: readonly (readonly ClientCall[])[]): ClientCall[] {
  const calls = parts.flat()
  const moments = calls.flatMap((call, index) => {
    const invoked = { index, isReturn: false, atMs: call.invokedMs }
    const { returnedMs } = call
    return returnedMs === undefined
      ? [invoked]
      : [invoked, { index, isReturn: true, atMs: returnedMs }]
  })
  moments.sort((a, b) => a.atMs - b.atMs || Number(a.isReturn) - Number(b.isReturn))
  const invokedAt = new Map<number, number>()
  const returnedAt = new Map<number, number>()
  for (const [moment, { index, isReturn }] of moments.entries())
    (isReturn ? returnedAt : invokedAt).set(index, moment)
  return calls
    .map((call, index) => ({
      ...call,
      invokedAt: invokedAt.get(index) ?? 0,
      returnedAt: returnedAt.get(index),
    }))
    .sort((a, b) => a.invokedAt - b.invokedAt)
}
