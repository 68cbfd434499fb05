/**
 * Every error the API can answer with.
 *
 * The one table of codes, and the error that carries a code to the place where it becomes a
 * document. A pure function that may refuse returns `{ refused: OssError }`; services throw it.
 *
 * @module
 */

import { accessErrors } from './error-codes/access-errors.ts'
import { bucketErrors } from './error-codes/bucket-errors.ts'
import type { OssErrorDefinition } from './error-codes/definition.ts'
import { formErrors } from './error-codes/form-errors.ts'
import { objectErrors } from './error-codes/object-errors.ts'
import { requestErrors } from './error-codes/request-errors.ts'
import { s3BucketErrors } from './error-codes/s3-bucket-errors.ts'
import { s3Errors } from './error-codes/s3-errors.ts'
import { serviceErrors } from './error-codes/service-errors.ts'
import { stsErrors } from './error-codes/sts-errors.ts'

/** Every error code the API can answer with; router, tests and docs read this one table. */
export const ossErrors = {
  ...requestErrors,
  ...accessErrors,
  ...bucketErrors,
  ...objectErrors,
  ...formErrors,
  ...serviceErrors,
  ...s3Errors,
  ...s3BucketErrors,
  ...stsErrors,
} as const satisfies Record<string, OssErrorDefinition>

export type OssErrorCode = keyof typeof ossErrors

/** An element of the error document beyond those that every error has. */
export interface OssErrorDetail {
  readonly name: string
  readonly value: string
}

/** What the place that refuses knows better than the table. */
export interface OssErrorOptions {
  readonly message?: string
  readonly ec?: string
  /** Elements of the document, in this order, after those that every error has. */
  readonly details?: readonly OssErrorDetail[]
  /** Headers of the answer, such as `Allow`; lower-case names. */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** A refusal that the client can read, and correct unless it is a 5xx. */
export class OssError extends Error {
  override readonly name = 'OssError'
  readonly code: OssErrorCode
  readonly status: number
  readonly ec: string
  readonly details: readonly OssErrorDetail[]
  readonly headers: Readonly<Record<string, string>>

  constructor(code: OssErrorCode, options: OssErrorOptions = {}) {
    const definition = ossErrors[code]
    super(options.message ?? definition.message, { cause: options.cause })
    this.code = code
    this.status = definition.status
    this.ec = options.ec ?? definition.ec
    this.details = options.details ?? []
    this.headers = options.headers ?? {}
  }
}

/** What a `decide` function returns instead of its result. */
export interface Refusal {
  readonly refused: OssError
}

/** An argument that is not acceptable; names it and shows it back. */
export function invalidArgument(name: string, value: string, message: string): OssError {
  return new OssError('InvalidArgument', {
    message,
    details: [
      { name: 'ArgumentName', value: name },
      { name: 'ArgumentValue', value },
    ],
  })
}

/** A header that has no meaning for the operation (oss.md 3.1). */
export function headerNotImplemented(header: string): OssError {
  return new OssError('NotImplemented', {
    message: 'A header you provided implies functionality that is not implemented.',
    details: [{ name: 'Header', value: header }],
  })
}
