/**
 * Reads an upload form: its fields first, then its file piece by piece (oss.md 2.6).
 *
 * The request is parsed as it arrives and no faster than its file is taken: what is held at a time is
 * the fields, which are bounded, and one piece of the request. The file counts as read only when the
 * form was closed as it should be, so that a form that breaks off leaves no object.
 *
 * @module
 */

import type { Readable } from 'node:stream'
import { Dicer } from '@fastify/busboy'
import { joinBytes, asBuffer } from '../base/bytes.ts'
import { OssError } from '../model/errors.ts'
import {
  FORM_FIELDS_BYTES_MAX,
  FORM_NAME_BYTES_MAX,
  FORM_PART_COUNT_MAX,
  FORM_VALUE_BYTES_MAX,
} from '../model/limits.ts'
import type { BodySource, TakePiece } from '../services/body.ts'
import type { FormFields } from '../wire/oss/post-form.ts'
import type { FormPart, PartHeaders } from '../wire/oss/post-form-part.ts'
import { readFormPart } from '../wire/oss/post-form-part.ts'

/** A form as far as it has been read when its file begins. */
export interface ReceivedForm {
  readonly fields: FormFields
  /** What the part of the file says of itself. */
  readonly part: FormPart
  readonly file: BodySource
}

/** Name of the part that is the file; everything before it is a field, everything after it ignored. */
const FILE = 'file'
/** One piece of a request never waits for room: it is taken whole, and the next one waits. */
const ROOM_BYTES = 1024 * 1024
const HEADER_COUNT_MAX = 100
/** What comes before the file, with the heads of its parts and what stands between them. */
const PRE_DATA_BYTES_MAX = 2 * FORM_FIELDS_BYTES_MAX

interface Waiting<T> {
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

/** Of one request. */
export class FormReader {
  readonly #parser: Dicer
  readonly #fields = new Map<string, Uint8Array[]>()
  #openFieldCount = 0
  #partCount = 0
  #receivedBytes = 0
  #fieldBytes = 0
  #part: FormPart | undefined
  #file: Readable | undefined
  #isFileOver = false
  #isClosed = false
  #isRequestOver = false
  #failure: unknown
  /** For the fields, then for the end of the file. */
  #waiting: Waiting<void> | undefined
  /** The request, which waits until its last piece is taken. */
  #paused: Waiting<void> | undefined

  constructor(boundary: string) {
    const options = { boundary, maxHeaderPairs: HEADER_COUNT_MAX, highWaterMark: ROOM_BYTES }
    this.#parser = new Dicer(options)
    this.#parser.on('part', (part) => this.#onPart(part))
    this.#parser.on('error', () => this.#fail(new OssError('MalformedPOSTRequest')))
    this.#parser.on('finish', () => this.#onClosed())
  }

  /** Reads up to the file. Rejects when the form has none, or its fields are too many or too long. */
  async readFields(request: BodySource): Promise<ReceivedForm> {
    const fieldsRead = this.#wait()
    request
      .read((piece) => this.#take(piece))
      .then(
        () => this.#onRequestOver(),
        (error: unknown) => this.#fail(error),
      )
    await fieldsRead
    const fields = new Map<string, string>()
    for (const [name, pieces] of this.#fields) {
      fields.set(name, pieces.length === 0 ? '' : asBuffer(joinBytes(pieces)).toString('latin1'))
    }
    this.#fields.clear()
    const part = this.#part as FormPart
    return { fields, part, file: { lengthBytes: undefined, read: (take) => this.#readFile(take) } }
  }

  /** Reads no more of the request: it was refused. */
  abandon(): void {
    this.#fail(new OssError('IncompleteBody'))
  }

  async #readFile(take: TakePiece): Promise<void> {
    const file = this.#file as Readable
    const fileRead = this.#wait()
    file.on('data', (piece: Uint8Array) => {
      let taken: Promise<void> | undefined
      try {
        taken = take(piece)
      } catch (error) {
        return this.#fail(error)
      }
      if (taken === undefined) return
      file.pause()
      taken.then(
        () => file.resume(),
        (error: unknown) => this.#fail(error),
      )
    })
    await fileRead
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure as Error)
      this.#waiting = { resolve, reject }
    })
  }

  #take(piece: Uint8Array): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#isClosed) return undefined
    this.#receivedBytes += piece.byteLength
    let taken = () => {}
    this.#parser.write(piece, () => taken())
    if (this.#failure !== undefined) throw this.#failure
    if (this.#file === undefined && this.#receivedBytes > PRE_DATA_BYTES_MAX) {
      throw tooManyFields()
    }
    if (this.#parser.writableLength === 0) return undefined
    return new Promise((resolve, reject) => {
      taken = resolve
      this.#paused = { resolve, reject }
    })
  }

  #onPart(part: Readable): void {
    // Dicer tells of a part that breaks off twice: here, and as its own error.
    part.on('error', () => {})
    part.on('header', (headers: PartHeaders) => this.#onPartHead(part, readFormPart(headers)))
    this.#partCount++
    if (this.#partCount > FORM_PART_COUNT_MAX && this.#file === undefined) {
      this.#fail(tooManyFields())
    }
  }

  #onPartHead(part: Readable, head: FormPart | undefined): void {
    if (head?.name === FILE && this.#file !== undefined) {
      this.#fail(new OssError('IncorrectNumberOfFilesInPOSTRequest'))
    }
    if (this.#failure !== undefined || this.#file !== undefined || head === undefined) {
      return void part.resume()
    }
    if (head.name === FILE) return this.#onFile(part, head)
    this.#onField(part, head.name)
  }

  #onField(part: Readable, name: string): void {
    if (name.length > FORM_NAME_BYTES_MAX) return this.#fail(fieldTooLong(name))
    const isRepeated = this.#fields.has(name)
    const pieces: Uint8Array[] = []
    if (!isRepeated) this.#fields.set(name, pieces)
    let sizeBytes = 0
    this.#openFieldCount++
    part.on('data', (piece: Uint8Array) => {
      sizeBytes += piece.byteLength
      this.#fieldBytes += piece.byteLength
      if (sizeBytes > FORM_VALUE_BYTES_MAX) return this.#fail(fieldTooLong(name))
      if (this.#fieldBytes > FORM_FIELDS_BYTES_MAX) return this.#fail(tooManyFields())
      if (!isRepeated) pieces.push(piece)
    })
    part.on('end', () => {
      this.#openFieldCount--
      this.#startFile()
    })
  }

  #onFile(part: Readable, head: FormPart): void {
    this.#file = part
    this.#part = head
    part.on('end', () => {
      this.#isFileOver = true
      this.#finish()
    })
    this.#startFile()
  }

  /** Fields are heard of when they end, which may be after the file has begun. */
  #startFile(): void {
    if (this.#file !== undefined && this.#openFieldCount === 0) this.#settle()
  }

  #onClosed(): void {
    this.#isClosed = true
    if (this.#file === undefined) this.#fail(new OssError('IncorrectNumberOfFilesInPOSTRequest'))
    else this.#finish()
  }

  /** A form that was not closed is told by the parser. */
  #onRequestOver(): void {
    this.#isRequestOver = true
    if (!this.#isClosed) this.#parser.end()
    this.#finish()
  }

  #finish(): void {
    if (this.#isFileOver && this.#isClosed && this.#isRequestOver) this.#settle()
  }

  #settle(): void {
    this.#waiting?.resolve()
    this.#waiting = undefined
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#waiting?.reject(error)
    this.#paused?.reject(error)
  }
}

function tooManyFields(): OssError {
  return new OssError('MaxPOSTPreDataLengthExceededError')
}

function fieldTooLong(name: string): OssError {
  const value = name.slice(0, FORM_NAME_BYTES_MAX)
  return new OssError('FieldItemTooLong', { details: [{ name: 'ArgumentName', value }] })
}
