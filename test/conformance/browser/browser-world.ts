/**
 * What the cases of a browser work with, and what they have in common.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { BrowserContext, Page } from 'playwright-core'
import type { Access } from '../../support/oss-request.ts'
import { mustEqual } from '../cases.ts'
import type { FormClient } from '../form-cases.ts'
import { errorCode } from '../npm-clients/smoke-client.ts'
import type { PageServer } from './page-server.ts'

/** What of npm `ali-oss`, outside the browser, these cases call. */
export interface Witness extends FormClient {
  putBucket(bucket: string): Promise<unknown>
  useBucket(bucket: string): void
  put(key: string, body: Buffer, options?: object): Promise<unknown>
  head(key: string): Promise<{ readonly res: { readonly headers: Record<string, string> } }>
  putBucketCORS(bucket: string, rules: readonly object[]): Promise<unknown>
  deleteBucketCORS(bucket: string): Promise<unknown>
  listV2(query: object): Promise<{ readonly objects?: readonly { readonly name: string }[] }>
  deleteMulti(keys: readonly string[]): Promise<unknown>
  deleteBucket(bucket: string): Promise<unknown>
  _bucketRequestParams(
    method: string,
    bucket: string,
    subres: string,
    options: object,
  ): Record<string, unknown>
  request(params: object): Promise<unknown>
}

export interface BrowserWorld {
  readonly context: BrowserContext
  readonly pages: PageServer
  /** Uses the bucket, sets it up, and says what pages have stored. */
  readonly oss: Witness
  readonly access: Access
  readonly bucket: string
  /** For files that are given to the browser. */
  readonly folder: string
}

/** Opens `url` in a page that is closed after `work`. */
export async function withPage<Result>(
  { context }: BrowserWorld,
  url: string,
  work: (page: Page) => Promise<Result>,
): Promise<Result> {
  const page = await context.newPage()
  try {
    await page.goto(url)
    return await work(page)
  } finally {
    await page.close()
  }
}

/** Throws unless the object has exactly these bytes, and, where it is given, this type. */
export async function mustBeStored(
  { oss }: BrowserWorld,
  key: string,
  bytes: Uint8Array,
  contentType?: string,
): Promise<void> {
  mustEqual(sha256((await oss.get(key)).content), sha256(bytes))
  if (contentType === undefined) return
  mustEqual((await oss.head(key)).res.headers['content-type'], contentType)
}

/** Throws if there is an object. */
export async function mustBeMissing({ oss }: BrowserWorld, key: string): Promise<void> {
  mustEqual(await oss.get(key).then(() => 'an object', errorCode), 'NoSuchKey')
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Bytes that are not the same twice within a part. */
export function numberedBytes(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7) % 251))
}
