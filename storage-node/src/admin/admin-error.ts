/**
 * What the admin API refuses with, and how any error becomes an answer.
 *
 * @module
 */

import type { OssErrorCode } from '../model/errors.ts'
import { OssError } from '../model/errors.ts'

/** A refusal that the operator can read. No message ever shows a secret. */
export class AdminError extends Error {
  override readonly name = 'AdminError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export interface ErrorAnswer {
  readonly status: number
  readonly body: { readonly code: string; readonly message: string }
}

/** Of the table of the REST API, what has another name here. */
const CODES: Partial<Record<OssErrorCode, string>> = {
  'EntityAlreadyExists.AccessKey': 'NameTaken',
}

/** Undefined: it is no refusal, but something that went wrong inside. */
export function answerOfError(error: unknown): ErrorAnswer | undefined {
  if (error instanceof AdminError) return answer(error.status, error.code, error.message)
  if (error instanceof OssError) {
    const details = error.details.map(({ name, value }) => ` (${name} ${value})`).join('')
    return answer(error.status, CODES[error.code] ?? error.code, `${error.message}${details}`)
  }
  return answerOfHttpError(error)
}

/** What the parts that read requests refuse: its message may quote the request, and is not told. */
function answerOfHttpError(error: unknown): ErrorAnswer | undefined {
  const { status } = error as { status?: unknown }
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined
  if (status === 413) return answer(413, 'EntityTooLarge', 'The body is too large')
  if (status === 415) return answer(415, 'InvalidEncoding', 'The body must not be compressed')
  return answer(status, 'InvalidRequest', 'The request cannot be read')
}

function answer(status: number, code: string, message: string): ErrorAnswer {
  return { status, body: { code, message } }
}
