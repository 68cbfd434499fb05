/**
 * Reads the fields of a JSON body, and tells every mistake at once.
 *
 * No mistake shows what was given: it may be a secret in the wrong place.
 *
 * @module
 */

import { isUtf8 } from 'node:buffer'
import { asBuffer } from '../base/bytes.ts'
import { AdminError } from './admin-error.ts'

type JsonObject = Readonly<Record<string, unknown>>

/** Deeper than any document that is sent here, and no depth to run out of stack in. */
const DEPTH_MAX = 32

/** Throws an `AdminError` unless the bytes are a JSON object with no other fields than these. */
export function readFields(body: unknown, known: readonly string[]): Fields {
  const json = parse(body)
  if (!isObject(json)) throw invalid('The body must be a JSON object')
  if (isDeeper(json, DEPTH_MAX))
    throw invalid(`The body must not be nested deeper than ${DEPTH_MAX}`)
  const other = Object.keys(json).find((name) => !known.includes(name))
  if (other === undefined) return new Fields(json)
  throw invalid(`There is no field of this name; there are: ${known.join(', ')}`)
}

export class Fields {
  readonly #json: JsonObject
  readonly #mistakes: string[] = []

  constructor(json: JsonObject) {
    this.#json = json
  }

  /** A text that matches; `what` says so in words. */
  text(name: string, pattern: RegExp, what: string): string {
    const value = this.#json[name]
    if (typeof value === 'string' && pattern.test(value)) return value
    this.tell(`${name} must be ${what}`)
    return ''
  }

  flag(name: string): boolean {
    const value = this.#json[name]
    if (typeof value === 'boolean') return value
    this.tell(`${name} must be true or false`)
    return false
  }

  /** One of some words; null or absent: undefined. */
  word<T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.optional(name)
    const found = words.find((word) => word === value)
    if (value !== undefined && found === undefined) {
      this.tell(`${name} must be null or one of ${words.join(', ')}`)
    }
    return found
  }

  /** An RFC 3339 time in milliseconds; null or absent: undefined. */
  time(name: string): number | undefined {
    const value = this.optional(name)
    if (value === undefined) return undefined
    const timeMs = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : Number.NaN
    if (timeMs >= 0) return timeMs
    this.tell(`${name} must be null or a time such as 2030-01-31T00:00:00Z`)
    return undefined
  }

  /** Whatever it is; null or absent: undefined. */
  optional(name: string): unknown {
    return this.#json[name] ?? undefined
  }

  /** Whether the field is there, with null or something else. */
  has(name: string): boolean {
    return Object.hasOwn(this.#json, name)
  }

  tell(mistake: string): void {
    this.#mistakes.push(mistake)
  }

  /** Throws an `AdminError` with all mistakes. */
  end(): void {
    if (this.#mistakes.length > 0) throw invalid(this.#mistakes.join('; '))
  }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(body: unknown): unknown {
  const bytes = body instanceof Uint8Array ? body : new Uint8Array()
  if (!isUtf8(bytes)) throw invalid('The body must be UTF-8')
  try {
    return JSON.parse(asBuffer(bytes).toString())
  } catch {
    // The error of the parser quotes what it met.
    throw invalid('The body must be JSON')
  }
}

function isDeeper(value: unknown, depthMax: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depthMax === 0 || Object.values(value).some((each) => isDeeper(each, depthMax - 1))
}

function invalid(message: string): AdminError {
  return new AdminError(400, 'InvalidArgument', message)
}
