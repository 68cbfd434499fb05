/**
 * Pages of another origin: a browser lets them do what the bucket's CORS rules say and nothing else.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import type { Case } from '../cases.ts'
import { mustEqual } from '../cases.ts'
import type { BrowserWorld } from './browser-world.ts'
import { mustBeMissing, mustBeStored, withPage } from './browser-world.ts'
import { fetchIn, REFUSED, watchPreflights } from './page-requests.ts'
import type { PageRequest } from './page-requests.ts'

const LIFE_SECONDS = 60
const body = 'barley ü'
const headers = { 'content-type': 'text/x-grain', 'x-oss-meta-colour': 'gold' }

/** Returns the cases in the order in which they must run; the bucket has no rules before and none after. */
export function corsCases(world: BrowserWorld): Case[] {
  const { pages } = world
  return [
    {
      name: 'without a rule a page of another origin puts nothing',
      run: () => mustNotPut(world, pages.origin),
    },
    {
      name: 'by a rule it puts, and reads the headers that the rule exposes and no other',
      async run() {
        await putRules(world)
        await putAndRead(world)
      },
    },
    {
      name: 'by that rule a page of a third origin puts nothing',
      run: () => mustNotPut(world, pages.otherOrigin),
    },
    {
      name: 'a method and a header that no rule names are not sent',
      run: () => mustNotBeSent(world),
    },
    {
      name: 'it asks once for as long as the rule says',
      run: () => mustAskOnce(world),
    },
    {
      name: 'it reads why a request was refused',
      run: () => readRefusal(world),
    },
    {
      name: 'with cookies it reads nothing',
      run: () => mustNotReadWithCookies(world),
    },
    {
      name: 'what the browser keeps of an image is not what a script is given',
      run: () => readAfterImage(world),
    },
    {
      name: 'when the rules are gone it puts nothing any more',
      async run() {
        await world.oss.deleteBucketCORS(world.bucket)
        await mustNotPut(world, pages.origin)
      },
    },
  ]
}

/** The client cannot say that answers vary, so the document is put as it is. */
async function putRules({ oss, bucket, pages }: BrowserWorld): Promise<void> {
  const allowed = ['PUT', 'GET'].map((method) => `<AllowedMethod>${method}</AllowedMethod>`)
  const lets = ['content-type', 'x-oss-meta-colour'].map(
    (header) => `<AllowedHeader>${header}</AllowedHeader>`,
  )
  const shows = ['ETag', 'x-oss-request-id'].map(
    (header) => `<ExposeHeader>${header}</ExposeHeader>`,
  )
  const rule = `<AllowedOrigin>${pages.origin}</AllowedOrigin>${[...allowed, ...lets, ...shows].join('')}<MaxAgeSeconds>60</MaxAgeSeconds>`
  const content = `<CORSConfiguration><CORSRule>${rule}</CORSRule><ResponseVary>true</ResponseVary></CORSConfiguration>`
  const params = oss._bucketRequestParams('PUT', bucket, 'cors', {})
  await oss.request({ ...params, content, mime: 'xml', successStatuses: [200] })
}

function signedUrl({ oss }: BrowserWorld, method: string, key: string, of = {}): Promise<string> {
  return oss.signatureUrlV4(method, LIFE_SECONDS, { headers: of }, key)
}

async function signedPut(world: BrowserWorld, key: string, more = {}): Promise<PageRequest> {
  const all = { ...headers, ...more }
  return { url: await signedUrl(world, 'PUT', key, all), method: 'PUT', headers: all, body }
}

async function mustNotPut(world: BrowserWorld, origin: string): Promise<void> {
  const put = await signedPut(world, 'refused')
  await withPage(world, origin, async (page) => {
    const preflights = await watchPreflights(page)
    mustEqual(await fetchIn(page, put), REFUSED)
    mustEqual((await preflights.first())?.status, 403)
  })
  await mustBeMissing(world, 'refused')
}

async function putAndRead(world: BrowserWorld): Promise<void> {
  const put = await signedPut(world, 'put')
  await withPage(world, world.pages.origin, async (page) => {
    const preflights = await watchPreflights(page)
    const answer = await fetchIn(page, put)
    const { etag, 'x-oss-request-id': id, ...others } = answer.headers ?? {}
    const md5 = createHash('md5').update(body).digest('hex').toUpperCase()
    mustEqual([answer.status, etag], [200, `"${md5}"`])
    mustEqual(/^[0-9A-F]{24}$/.test(id ?? ''), true)
    // A length may be read of every answer (Fetch standard).
    mustEqual(Object.keys(others), ['content-length'])
    const preflight = await preflights.first()
    mustEqual(preflight?.status, 200)
    mustEqual(preflight?.headers['vary'], 'Origin')
    const got = await fetchIn(page, { url: await signedUrl(world, 'GET', 'put') })
    mustEqual([got.status, got.text, got.headers?.['etag']], [200, body, etag])
  })
  await mustBeStored(world, 'put', Buffer.from(body), 'text/x-grain')
  const stored = await world.oss.head('put')
  mustEqual(stored.res.headers['x-oss-meta-colour'], 'gold')
}

async function mustNotBeSent(world: BrowserWorld): Promise<void> {
  const remove = { url: await signedUrl(world, 'DELETE', 'put'), method: 'DELETE' }
  const other = await signedPut(world, 'refused', { 'x-oss-meta-weight': '7' })
  await withPage(world, world.pages.origin, async (page) => {
    mustEqual(await fetchIn(page, remove), REFUSED)
    mustEqual(await fetchIn(page, other), REFUSED)
  })
  await mustBeStored(world, 'put', Buffer.from(body))
  await mustBeMissing(world, 'refused')
}

async function mustAskOnce(world: BrowserWorld): Promise<void> {
  const put = await signedPut(world, 'put-often')
  await withPage(world, world.pages.origin, async (page) => {
    const preflights = await watchPreflights(page)
    for (const _ of ['asks', 'remembers', 'remembers']) {
      mustEqual((await fetchIn(page, put)).status, 200)
      await preflights.first()
    }
    mustEqual(preflights.seen.length, 1)
    mustEqual(preflights.seen[0]?.headers['access-control-max-age'], '60')
  })
}

async function readRefusal(world: BrowserWorld): Promise<void> {
  const url = (await signedUrl(world, 'GET', 'put')).replace(/x-oss-signature=\w+/, (signature) =>
    signature.replace(/\w$/, (last) => (last === '0' ? '1' : '0')),
  )
  const answer = await withPage(world, world.pages.origin, (page) => fetchIn(page, { url }))
  const code = /<Code>(\w+)<\/Code>/.exec(answer.text ?? '')?.[1]
  mustEqual([answer.status, code], [403, 'SignatureDoesNotMatch'])
}

async function mustNotReadWithCookies(world: BrowserWorld): Promise<void> {
  const url = await signedUrl(world, 'GET', 'put')
  const read = await withPage(world, world.pages.origin, (page) =>
    fetchIn(page, { url, credentials: 'include' }),
  )
  mustEqual(read, REFUSED)
}

/** An image is asked for without an origin; kept for a script, its answer would say nothing of CORS. */
async function readAfterImage(world: BrowserWorld): Promise<void> {
  await world.oss.put('kept', Buffer.from(body), { headers: { 'Cache-Control': 'max-age=600' } })
  const url = await signedUrl(world, 'GET', 'kept')
  await withPage(world, world.pages.origin, async (page) => {
    await fetchIn(page, { url, mode: 'no-cors' })
    mustEqual((await fetchIn(page, { url })).text, body)
  })
}
