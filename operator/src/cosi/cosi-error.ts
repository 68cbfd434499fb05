/**
 * What the driver answers when it does not do what it is asked to, and what it makes of trouble below it.
 *
 * @module
 */

import { status } from '@grpc/grpc-js'
import {
  KubernetesStatusError,
  KubernetesUnreachableError,
} from '@granary/storage-node/kubernetes/api-client'

/** Of gRPC's codes those that the specification names, and those of a driver that waits for others. */
export const cosiCodes = {
  /** What is asked for is wrong or missing. */
  InvalidArgument: status.INVALID_ARGUMENT,
  /** There is one of that name, and it is another. */
  AlreadyExists: status.ALREADY_EXISTS,
  NotFound: status.NOT_FOUND,
  /** Somebody has to change something first. */
  FailedPrecondition: status.FAILED_PRECONDITION,
  /** It is under way, or somebody else was faster. */
  Aborted: status.ABORTED,
  /** Region or API server do not answer. */
  Unavailable: status.UNAVAILABLE,
  Internal: status.INTERNAL,
} as const
export type CosiCode = keyof typeof cosiCodes

/** Headers of HTTP/2 carry it. */
const MESSAGE_LENGTH_MAX = 1_000

export class CosiError extends Error {
  override readonly name = 'CosiError'
  readonly code: CosiCode

  constructor(code: CosiCode, message: string) {
    super(message.slice(0, MESSAGE_LENGTH_MAX))
    this.code = code
  }
}

/** What callers are told of an error; undefined: nothing of it, for it is ours. */
export function asCosiError(error: unknown): CosiError | undefined {
  if (error instanceof CosiError) return error
  if (error instanceof KubernetesUnreachableError) {
    return new CosiError('Unavailable', `The Kubernetes API does not answer: ${error.message}`)
  }
  if (!(error instanceof KubernetesStatusError)) return undefined
  return new CosiError(codeOf(error.status), `The Kubernetes API refuses: ${error.message}`)
}

function codeOf(httpStatus: number): CosiCode {
  switch (httpStatus) {
    case 400:
    case 422:
      return 'InvalidArgument'
    // Rights are missing, or the namespace is.
    case 401:
    case 403:
    case 404:
      return 'FailedPrecondition'
    case 409:
      return 'Aborted'
    default:
      return 'Unavailable'
  }
}
