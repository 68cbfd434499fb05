/**
 * What a client of the nemesis asks a storage node for, over HTTP, and what the answer shows.
 *
 * @module
 */

import type { Agent } from 'node:http'
import { codeOf } from '../support/api.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Access, OssRequest, OssResponse } from '../support/oss-request.ts'
import type { ListedKey, Outcome, Seen } from '../simulation/checkers/history.ts'
import { blocksIn } from '../simulation/contents.ts'

const LIST_PAGE_KEY_COUNT = '6'
const SERVER_ERROR_STATUS = 500

/** An answer that is none of success. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string) {
    super(`${status} ${code}`)
    this.status = status
    this.code = code
  }
}

/** What a rejected call means: an answer below 500 is for good, everything else says nothing. */
export function outcomeOfError(error: unknown): Outcome<never> {
  if (error instanceof Refusal && error.status < SERVER_ERROR_STATUS) {
    return { kind: 'refused', code: error.code }
  }
  return { kind: 'unknown', why: String(error) }
}

/** Calls at one storage node. */
export class OssCalls {
  readonly #access: Access
  readonly #agent: Agent
  readonly #patienceMs: number

  /** Waits `patienceMs` for each answer. */
  constructor(access: Access, agent: Agent, patienceMs: number) {
    this.#access = access
    this.#agent = agent
    this.#patienceMs = patienceMs
  }

  async createBucket(bucket: string): Promise<Seen> {
    await this.#send({ method: 'PUT', bucket })
    return { kind: 'nothing' }
  }

  async deleteBucket(bucket: string): Promise<Seen> {
    await this.#send({ method: 'DELETE', bucket })
    return { kind: 'nothing' }
  }

  async put(
    bucket: string,
    key: string,
    body: Uint8Array,
    forbidOverwrite: boolean,
  ): Promise<Seen> {
    const headers = forbidOverwrite ? { 'x-oss-forbid-overwrite': 'true' } : {}
    const answer = await this.#send({ method: 'PUT', bucket, key, body, headers })
    return { kind: 'object', etag: etagIn(answer), sizeBytes: body.byteLength }
  }

  async append(bucket: string, key: string, position: number, body: Uint8Array): Promise<Seen> {
    const query = { append: '', position: String(position) }
    const answer = await this.#send({ method: 'POST', bucket, key, query, body })
    const sizeBytes = Number(answer.headers['x-oss-next-append-position'])
    return { kind: 'object', etag: etagIn(answer), sizeBytes }
  }

  async head(bucket: string, key: string): Promise<Extract<Seen, { kind: 'object' }>> {
    const answer = await this.#send({ method: 'HEAD', bucket, key })
    const sizeBytes = Number(answer.headers['content-length'])
    return { kind: 'object', etag: etagIn(answer), sizeBytes }
  }

  async get(bucket: string, key: string): Promise<Seen> {
    const answer = await this.#send({ method: 'GET', bucket, key })
    const { body } = answer
    const seen = { etag: etagIn(answer), sizeBytes: body.byteLength }
    return { kind: 'content', ...seen, content: blocksIn(body)?.join() }
  }

  async delete(bucket: string, key: string): Promise<Seen> {
    await this.#send({ method: 'DELETE', bucket, key })
    return { kind: 'nothing' }
  }

  /** Begins an upload and sends its parts; resolves with its id and the document that completes it. */
  async upload(bucket: string, key: string, parts: readonly Uint8Array[]) {
    const begun = await this.#send({ method: 'POST', bucket, key, query: { uploads: '' } })
    const uploadId = elementIn(begun.body.toString(), 'UploadId')
    const listed: string[] = []
    for (const [at, body] of parts.entries()) {
      const partNumber = String(at + 1)
      const query = { partNumber, uploadId }
      const etag = etagIn(await this.#send({ method: 'PUT', bucket, key, query, body }))
      listed.push(`<Part><PartNumber>${partNumber}</PartNumber><ETag>${etag}</ETag></Part>`)
    }
    const document = `<CompleteMultipartUpload>${listed.join('')}</CompleteMultipartUpload>`
    return { uploadId, document }
  }

  async complete(bucket: string, key: string, uploadId: string, document: string): Promise<Seen> {
    const query = { uploadId }
    await this.#send({ method: 'POST', bucket, key, query, body: document })
    return { kind: 'nothing' }
  }

  /** All pages, as they come. */
  async list(bucket: string): Promise<Seen> {
    const keys: ListedKey[] = []
    let marker = ''
    for (;;) {
      const query = { 'max-keys': LIST_PAGE_KEY_COUNT, ...(marker === '' ? {} : { marker }) }
      const { body } = await this.#send({ method: 'GET', bucket, query })
      const page = body.toString()
      for (const [, contents = ''] of page.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
        const etag = unquoted(elementIn(contents, 'ETag'))
        const sizeBytes = Number(elementIn(contents, 'Size'))
        keys.push({ key: elementIn(contents, 'Key'), etag, sizeBytes })
      }
      if (!/<IsTruncated>true<\/IsTruncated>/.test(page)) return { kind: 'keys', keys }
      marker = elementIn(page, 'NextMarker')
    }
  }

  async #send(request: OssRequest): Promise<OssResponse> {
    const answer = await sendOssRequest(this.#access, {
      ...request,
      ...{ agent: this.#agent, signal: AbortSignal.timeout(this.#patienceMs) },
    })
    if (answer.status < 300) return answer
    throw new Refusal(answer.status, codeOf(answer) ?? 'without a code')
  }
}

function etagIn({ headers }: OssResponse): string {
  return unquoted(headers.etag ?? '')
}

function unquoted(text: string): string {
  return text.replaceAll(/"|&quot;|&#34;/g, '')
}

function elementIn(document: string, name: string): string {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(document)?.[1] ?? ''
}
