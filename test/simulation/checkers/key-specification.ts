/**
 * How one key of a bucket, and the bucket around it, answer when calls come one by one.
 *
 * Keys are checked one at a time: every key sees the making and deleting of its bucket, and of each list what it says
 * about the key. That a bucket with other keys in it cannot be deleted shows with those keys.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { NO_CONTENT_MD5 } from './history.ts'
import type { ClientOperation, ListedKey, Outcome, Seen, WriteCondition } from './history.ts'
import type { Specification } from './linearizability.ts'

/** An object as its writers know it; `undefined` where only the region knows. */
export interface KnownObject {
  readonly content: string
  readonly etag: string | undefined
  readonly contentMd5: string
  readonly sizeBytes: number
  readonly isAppendable: boolean
  /** The upload that it was made from. */
  readonly uploadId: string | undefined
}

export interface KeyState {
  readonly hasBucket: boolean
  readonly object: KnownObject | undefined
  /** Of the uploads that are called completed more than once, those that are. */
  readonly completed: readonly string[]
}

/** A call as one key sees it. */
export interface KeyCall {
  readonly operation: ClientOperation
  readonly outcome: Outcome<Seen>
  /** Of a list: what it says about the key. */
  readonly listed?: ListedKey | 'absent'
  /** Whether the upload may be gone for a reason that is not in the key's own calls. */
  readonly mayUploadBeGone?: boolean
  readonly isCompletedTwice?: boolean
}

type Of<Kind extends ClientOperation['kind']> = Extract<ClientOperation, { readonly kind: Kind }>
type Next = KeyState | undefined

/** Of a key in a bucket that is there from the beginning, or not. */
export function keySpecification(hasBucket: boolean): Specification<KeyState, KeyCall> {
  return {
    first: { hasBucket, object: undefined, completed: [] },
    next: nextState,
    keyOf({ hasBucket, object, completed }) {
      if (!hasBucket) return `no bucket ${completed.join()}`
      if (object === undefined) return `no object ${completed.join()}`
      const { content, etag, isAppendable, uploadId } = object
      return `${content} ${etag} ${isAppendable} ${uploadId} ${completed.join()}`
    },
  }
}

/** Whether a call changes nothing, however it finds the key. */
export function isRead({ operation, outcome }: KeyCall): boolean {
  return outcome.kind === 'refused' || ['get', 'head', 'list'].includes(operation.kind)
}

/** The state after the call, or undefined where it cannot have been answered so. */
export function nextState(state: KeyState, call: KeyCall): Next {
  const { operation, outcome } = call
  if (outcome.kind === 'refused') return isRefused(state, call, outcome.code) ? state : undefined
  if (!state.hasBucket)
    return operation.kind === 'createBucket' ? { ...state, hasBucket: true } : undefined
  switch (operation.kind) {
    // Its owner may make it again.
    case 'createBucket':
      return state
    case 'deleteBucket':
      return state.object === undefined ? { ...state, hasBucket: false } : undefined
    case 'list':
      return showsListed(state, call.listed) ? state : undefined
    case 'get':
    case 'head':
      return outcome.kind === 'unknown' || shows(state.object, outcome.value) ? state : undefined
    case 'delete':
      return mayHold(operation.condition, state.object)
        ? { ...state, object: undefined }
        : undefined
    case 'put':
      return put(state, operation, outcome)
    case 'append':
      return append(state, operation, outcome)
    case 'complete':
      return complete(state, operation, call)
    default:
      return unreachable(operation)
  }
}

function put(state: KeyState, operation: Of<'put'>, outcome: Outcome<Seen>): Next {
  if (operation.forbidOverwrite && state.object !== undefined) return undefined
  if (!mayHold(operation.condition, state.object)) return undefined
  const { content, etag, sizeBytes } = operation
  const made = { content, etag, sizeBytes, isAppendable: false, uploadId: undefined }
  const object = { ...made, contentMd5: NO_CONTENT_MD5 }
  return isAnsweredBy(object, outcome) ? { ...state, object } : undefined
}

function append(state: KeyState, operation: Of<'append'>, outcome: Outcome<Seen>): Next {
  const before = state.object
  if (before !== undefined && !before.isAppendable) return undefined
  if (operation.position !== (before?.sizeBytes ?? 0)) return undefined
  const object: KnownObject = {
    content: before === undefined ? operation.content : `${before.content},${operation.content}`,
    etag: outcome.kind === 'done' ? etagIn(outcome.value) : undefined,
    contentMd5: NO_CONTENT_MD5,
    sizeBytes: operation.position + operation.sizeBytes,
    isAppendable: true,
    uploadId: undefined,
  }
  return isAnsweredBy(object, outcome) ? { ...state, object } : undefined
}

function complete(state: KeyState, operation: Of<'complete'>, call: KeyCall): Next {
  const { uploadId, content, etag, sizeBytes, contentMd5 = NO_CONTENT_MD5 } = operation
  const object = { content, etag, contentMd5, sizeBytes, isAppendable: false, uploadId }
  if (!isAnsweredBy(object, call.outcome)) return undefined
  // Completing once more what the object was made from changes nothing.
  if (state.object?.uploadId === uploadId) return state
  if (state.completed.includes(uploadId)) return undefined
  if (call.isCompletedTwice !== true) return { ...state, object }
  return { ...state, object, completed: [...state.completed, uploadId].sort() }
}

/** Whether a write's answer, if there was one, shows what it wrote. */
function isAnsweredBy(object: KnownObject, outcome: Outcome<Seen>): boolean {
  if (outcome.kind !== 'done' || outcome.value.kind === 'nothing') return true
  return shows(object, outcome.value)
}

function shows(object: KnownObject | undefined, seen: Seen): boolean {
  if (seen.kind === 'nothing' || seen.kind === 'keys') return false
  if (object === undefined || seen.sizeBytes !== object.sizeBytes) return false
  if (object.etag !== undefined && seen.etag !== object.etag) return false
  if (seen.contentMd5 !== undefined && seen.contentMd5 !== object.contentMd5) return false
  return seen.kind === 'object' || seen.content === object.content
}

function showsListed({ object }: KeyState, listed: KeyCall['listed']): boolean {
  if (listed === undefined) return true
  if (listed === 'absent') return object === undefined
  return shows(object, { kind: 'object', ...listed })
}

function etagIn(seen: Seen): string | undefined {
  return seen.kind === 'object' || seen.kind === 'content' ? seen.etag : undefined
}

/** Whether a key in this state refuses the call so. */
function isRefused(state: KeyState, call: KeyCall, code: string): boolean {
  const { operation } = call
  const { hasBucket, object } = state
  if (code === 'NoSuchBucket') return !hasBucket && operation.kind !== 'createBucket'
  if (!hasBucket) return false
  switch (operation.kind) {
    case 'createBucket':
      return code === 'BucketAlreadyExists'
    case 'deleteBucket':
      // Another key may be what is in it.
      return code === 'BucketNotEmpty'
    case 'get':
    case 'head':
      return code === 'NoSuchKey' && object === undefined
    case 'put':
      return isPutRefused(object, operation, code)
    case 'append':
      return isAppendRefused(object, operation.position, code)
    case 'complete':
      return code === 'NoSuchUpload' && isUploadGone(state, operation.uploadId, call)
    case 'delete':
      return isConditionRefused(operation.condition, object, code)
    case 'list':
      return false
    default:
      return unreachable(operation)
  }
}

function isPutRefused(
  object: KnownObject | undefined,
  { forbidOverwrite, condition }: Of<'put'>,
  code: string,
): boolean {
  if (code === 'FileAlreadyExists') return forbidOverwrite && object !== undefined
  return isConditionRefused(condition, object, code)
}

function isConditionRefused(
  condition: WriteCondition | undefined,
  object: KnownObject | undefined,
  code: string,
): boolean {
  if (condition === undefined) return false
  if (object === undefined) return code === 'NoSuchKey' && condition !== 'nothing'
  if (code !== 'PreconditionFailed' || condition === 'something') return false
  return condition === 'nothing' || object.etag !== condition.etag
}

/** Whether the condition holds, or may: of some objects only the region knows the ETag. */
function mayHold(condition: WriteCondition | undefined, object: KnownObject | undefined): boolean {
  if (condition === undefined) return true
  if (condition === 'nothing') return object === undefined
  if (object === undefined) return false
  if (condition === 'something') return true
  return object.etag === undefined || object.etag === condition.etag
}

function isAppendRefused(object: KnownObject | undefined, position: number, code: string): boolean {
  if (object !== undefined && !object.isAppendable) return code === 'ObjectNotAppendable'
  return code === 'PositionNotEqualToLength' && position !== (object?.sizeBytes ?? 0)
}

function isUploadGone({ object, completed }: KeyState, uploadId: string, call: KeyCall): boolean {
  if (call.mayUploadBeGone === true) return true
  return completed.includes(uploadId) && object?.uploadId !== uploadId
}
