/**
 * The browser's build of npm `ali-oss`, run by a page of another origin.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Case } from '../cases.ts'
import { mustEqual } from '../cases.ts'
import { giveAccounts } from '../sdk-accounts.ts'
import type { BrowserWorld } from './browser-world.ts'
import { mustBeMissing, mustBeStored, numberedBytes, withPage } from './browser-world.ts'
import { SDK_PATH } from './page-server.ts'

/** What of the client these cases call, in the page. */
interface PageClient {
  put(key: string, file: object, options?: object): Promise<{ res: { status: number } }>
  get(key: string): Promise<{ content: Uint8Array }>
  list(query: object): Promise<{ objects?: { name: string; size: number }[] }>
  multipartUpload(key: string, file: object, options: object): Promise<unknown>
  signatureUrl(key: string, options: object): string
  signatureUrlV4(method: string, seconds: number, request: object, key: string): Promise<string>
  delete(key: string): Promise<{ res: { status: number } }>
}

/** What a page with the script has, and the client that `withClient` makes. */
interface PageScope {
  readonly OSS: new (options: object) => PageClient
  client: PageClient
}

interface Credentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly stsToken?: string
}

type StsClass = new (options: object) => {
  assumeRole(
    role: string,
    policy: object,
    seconds: number,
  ): Promise<{
    credentials: { AccessKeyId: string; AccessKeySecret: string; SecurityToken: string }
  }>
}

const TOKEN_SECONDS = 900
const PART_BYTES = 512 * 1024
const LARGE_BYTES = 5 * PART_BYTES + 77
const TEXT = 'Granary keeps grain, Gerste ü\n'
const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="31" height="17"/>'

/** Returns the cases; they set CORS rules as the client's manual asks for, and leave them. */
export function browserSdkCases(world: BrowserWorld, dataFolder: string): Case[] {
  return [
    {
      name: 'ali-oss with V1 puts, gets, lists and deletes',
      async run() {
        await putManualRules(world)
        await useClient(world, world.access, false)
      },
    },
    {
      name: 'ali-oss with V4 puts, gets, lists and deletes',
      run: () => useClient(world, world.access, true),
    },
    {
      name: 'ali-oss uploads a file in parts, and says how far it is',
      run: () => uploadParts(world),
    },
    {
      name: 'ali-oss signs the address of a picture with V1 and V4, and the page shows it',
      run: () => showPicture(world),
    },
    {
      name: 'ali-oss with a token of STS does what the token is for, and nothing else',
      run: () => useToken(world, dataFolder),
    },
  ]
}

async function putManualRules({ oss, bucket, pages }: BrowserWorld): Promise<void> {
  await oss.putBucketCORS(bucket, [
    {
      allowedOrigin: pages.origin,
      allowedMethod: ['GET', 'POST', 'PUT', 'DELETE', 'HEAD'],
      allowedHeader: '*',
      exposeHeader: ['ETag', 'x-oss-request-id'],
      maxAgeSeconds: '0',
    },
  ])
}

/** Opens a page that has made a client. */
function withClient<Result>(
  world: BrowserWorld,
  credentials: Credentials,
  authorizationV4: boolean,
  work: (page: Page) => Promise<Result>,
): Promise<Result> {
  const { access, bucket, pages } = world
  const { accessKeyId, accessKeySecret, stsToken } = credentials
  const options = {
    ...{ region: `oss-${access.region}`, endpoint: access.endpoint, bucket, authorizationV4 },
    ...{ accessKeyId, accessKeySecret, ...(stsToken !== undefined && { stsToken }) },
  }
  const url = pages.show('/client', `<script src="${SDK_PATH}"></script><input type="file">`)
  return withPage(world, url, async (page) => {
    await page.evaluate((given) => {
      const scope = globalThis as unknown as PageScope
      scope.client = new scope.OSS(given)
    }, options)
    return await work(page)
  })
}

async function useClient(
  world: BrowserWorld,
  credentials: Credentials,
  isV4: boolean,
): Promise<void> {
  await withClient(world, credentials, isV4, async (page) => {
    mustEqual(await putText(page, 'sdk/ü + 1.txt'), 200)
    await mustBeStored(world, 'sdk/ü + 1.txt', Buffer.from(TEXT), 'text/plain')
    const seen = await page.evaluate(async () => {
      const { client } = globalThis as unknown as PageScope
      const { content } = await client.get('sdk/ü + 1.txt')
      const { objects = [] } = await client.list({ prefix: 'sdk/ü', 'max-keys': 10 })
      const text = new TextDecoder().decode(content)
      return { text, names: objects.map(({ name, size }) => `${name} ${size}`) }
    })
    mustEqual(seen, { text: TEXT, names: [`sdk/ü + 1.txt ${Buffer.byteLength(TEXT)}`] })
    const removed = await page.evaluate(async () => {
      const { client } = globalThis as unknown as PageScope
      return (await client.delete('sdk/ü + 1.txt')).res.status
    })
    mustEqual(removed, 204)
  })
  await mustBeMissing(world, 'sdk/ü + 1.txt')
}

/** Puts a text from the page; returns the status, or the code of the refusal. */
function putText(page: Page, key: string): Promise<number | string> {
  return page.evaluate(
    async ([name, text]) => {
      const { client } = globalThis as unknown as PageScope
      const put = client.put(name, new Blob([text], { type: 'text/plain' }))
      return await put.then(
        ({ res }) => res.status,
        (error: { code?: string }) => String(error.code),
      )
    },
    [key, TEXT] as const,
  )
}

async function uploadParts(world: BrowserWorld): Promise<void> {
  const bytes = numberedBytes(LARGE_BYTES)
  const path = join(world.folder, 'large.bin')
  writeFileSync(path, bytes)
  const steps = await withClient(world, world.access, true, async (page) => {
    await page.setInputFiles('input', path)
    return await page.locator('input').evaluate(async (input, partSize) => {
      const { client } = globalThis as unknown as PageScope
      const [file] = (input as unknown as { files: [object] }).files
      const shares: number[] = []
      const progress = (share: number) => void shares.push(share)
      await client.multipartUpload('sdk/large', file, { partSize, parallel: 3, progress })
      return shares
    }, PART_BYTES)
  })
  await mustBeStored(world, 'sdk/large', bytes)
  // Nothing is done yet, then each of six parts, then the upload is complete.
  mustEqual(
    steps,
    [0, 1, 2, 3, 4, 5, 6, 7].map((done) => done / 7),
  )
  await world.oss.delete('sdk/large')
}

async function showPicture(world: BrowserWorld): Promise<void> {
  const headers = { 'Content-Type': 'image/svg+xml' }
  await world.oss.put('sdk/picture', Buffer.from(PICTURE), { headers })
  for (const isV4 of [false, true]) {
    await withClient(world, world.access, isV4, async (page) => {
      const url = await page.evaluate(async (v4) => {
        const { client } = globalThis as unknown as PageScope
        return v4
          ? await client.signatureUrlV4('GET', 60, { headers: {} }, 'sdk/picture')
          : client.signatureUrl('sdk/picture', { expires: 60 })
      }, isV4)
      await page.setContent(`<img src="${url.replaceAll('&', '&amp;')}">`)
      const size = await page.locator('img').evaluate((image) => {
        const { naturalWidth, naturalHeight } = image as unknown as Record<string, number>
        return [naturalWidth, naturalHeight]
      })
      mustEqual(size, [31, 17])
    })
  }
  await world.oss.delete('sdk/picture')
}

/** As an application gives tokens to its pages: for one folder of the bucket. */
async function useToken(world: BrowserWorld, dataFolder: string): Promise<void> {
  const { access, bucket } = world
  const accounts = await giveAccounts(access, dataFolder)
  const { STS } = createRequire(import.meta.url)('ali-oss') as { STS: StsClass }
  const sts = new STS({
    accessKeyId: accounts['OSS_TEST_STS_ID'],
    accessKeySecret: accounts['OSS_TEST_STS_KEY'],
    endpoint: 'http://sts.aliyuncs.com',
  })
  const objects = { Action: 'oss:*', Resource: `acs:oss:*:*:${bucket}/sdk/*` }
  const list = { Action: 'oss:ListObjects', Resource: `acs:oss:*:*:${bucket}` }
  const Statement = [objects, list].map((statement) => ({ Effect: 'Allow', ...statement }))
  const policy = { Version: '1', Statement }
  const role = accounts['OSS_TEST_STS_ARN'] ?? ''
  const { credentials } = await sts.assumeRole(role, policy, TOKEN_SECONDS)
  const token = {
    accessKeyId: credentials.AccessKeyId,
    accessKeySecret: credentials.AccessKeySecret,
    stsToken: credentials.SecurityToken,
  }
  await useClient(world, token, true)
  const outside = await withClient(world, token, true, (page) => putText(page, 'outside'))
  mustEqual(outside, 'AccessDenied')
  await mustBeMissing(world, 'outside')
}
