/**
 * What clients asked for and what they were answered.
 *
 * @module
 */

import type { Outcome } from './outcome.ts'

/** `content` names the blocks of an object in their order (contents.ts). */
export type ClientOperation =
  | { readonly kind: 'createBucket' | 'deleteBucket' | 'list'; readonly bucket: string }
  | {
      readonly kind: 'get' | 'head' | 'delete'
      readonly bucket: string
      readonly key: string
    }
  | {
      readonly kind: 'put'
      readonly bucket: string
      readonly key: string
      readonly forbidOverwrite: boolean
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
    }

/** What an answer showed. */
export type Seen =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'object'; readonly etag: string; readonly sizeBytes: number }
  | {
      readonly kind: 'content'
      readonly etag: string
      readonly sizeBytes: number
      /** Undefined: nobody wrote these bytes. */
      readonly content: string | undefined
    }
  | {
      readonly kind: 'keys'
      readonly keys: readonly {
        readonly key: string
        readonly etag: string
        readonly sizeBytes: number
      }[]
    }

/** One call. */
export interface ClientCall {
  readonly client: number
  readonly operation: ClientOperation
  readonly invokedMs: number
  returnedMs: number | undefined
  outcome: Outcome<Seen> | undefined
}

/** All calls of a run, in the order in which they were made. */
export class ClientHistory {
  readonly calls: ClientCall[] = []

  /** Notes a call; the function returned notes its end. */
  invoke(
    client: number,
    invokedMs: number,
    operation: ClientOperation,
  ): (returnedMs: number, outcome: Outcome<Seen>) => void {
    const call: ClientCall = {
      ...{ client, operation, invokedMs },
      ...{ returnedMs: undefined, outcome: undefined },
    }
    this.calls.push(call)
    return (returnedMs, outcome) => {
      call.returnedMs = returnedMs
      call.outcome = outcome
    }
  }
}
