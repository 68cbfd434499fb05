/**
 * Objects that are frozen, and what restores them, called by npm `ali-oss`.
 *
 * @module
 */

import type { Case } from './cases.ts'
import { mustEqual } from './cases.ts'
import { errorCode } from './npm-clients/smoke-client.ts'

type Headers = Readonly<Record<string, string>>

interface Answer {
  readonly res: { readonly status: number; readonly headers: Headers }
}

/** What of the client these cases call. */
export interface RestoreClient {
  put(key: string, body: Buffer, options: object): Promise<unknown>
  get(key: string): Promise<{ content: Buffer }>
  head(key: string): Promise<Answer>
  delete(key: string): Promise<unknown>
  restore(key: string, options?: object): Promise<Answer>
  copy(key: string, from: string, options: object): Promise<unknown>
  _objectRequestParams(method: string, key: string, options: object): object
  _bucketRequestParams(
    method: string,
    bucket: string,
    subres: string,
    options: object,
  ): Record<string, unknown>
  request(params: object): Promise<{ readonly data: Buffer }>
}

const WAIT_MS_MAX = 30_000
const DIRECT_READ = 'bucketArchiveDirectRead'

/** Returns the cases; they leave no object behind. */
export function restoreCases(oss: RestoreClient, bucket: string): Case[] {
  const read = (key: string) => oss.get(key).then(({ content }) => content.toString(), errorCode)
  const put = (key: string, storageClass: string) =>
    oss.put(key, Buffer.from('barley'), { headers: { 'x-oss-storage-class': storageClass } })
  return [
    {
      name: 'a frozen object is restored, read, and frozen again',
      async run() {
        await put('frozen', 'Archive')
        mustEqual(await read('frozen'), 'InvalidObjectState')
        mustEqual((await oss.restore('frozen')).res.status, 202)
        mustEqual(await oss.restore('frozen').catch(errorCode), 'RestoreAlreadyInProgress')
        await restored(oss, 'frozen')
        mustEqual(await read('frozen'), 'barley')
        await clean(oss, 'frozen')
        mustEqual(await read('frozen'), 'InvalidObjectState')
        await oss.delete('frozen')
      },
    },
    {
      name: 'what is restored is copied to a warmer class',
      async run() {
        await put('cold', 'ColdArchive')
        const { headers } = (await oss.restore('cold', { type: 'ColdArchive' })).res
        mustEqual(headers['x-oss-object-restore-priority'], 'Standard')
        await restored(oss, 'cold')
        await oss.copy('cold', 'cold', { headers: { 'x-oss-storage-class': 'IA' } })
        mustEqual((await oss.head('cold')).res.headers['x-oss-storage-class'], 'IA')
        mustEqual(await oss.restore('cold').catch(errorCode), 'OperationNotSupported')
        await oss.delete('cold')
      },
    },
    {
      name: 'a bucket lets objects of class Archive be read as they are',
      async run() {
        await put('archived', 'Archive')
        mustEqual(await directRead(oss, bucket, 'true'), 'true')
        mustEqual(await read('archived'), 'barley')
        mustEqual(await directRead(oss, bucket, 'false'), 'false')
        mustEqual(await read('archived'), 'InvalidObjectState')
        await oss.delete('archived')
      },
    },
  ]
}

async function restored(oss: RestoreClient, key: string): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX
  for (;;) {
    const told = (await oss.head(key)).res.headers['x-oss-restore'] ?? ''
    if (/^ongoing-request="false", expiry-date="[^"]+ GMT"$/.test(told)) return
    mustEqual(told, 'ongoing-request="true"')
    if (performance.now() > deadlineMs) throw new Error(`${key} is not restored in time`)
    await new Promise((wake) => setTimeout(wake, 100))
  }
}

/** The client has no method for it. */
async function clean(oss: RestoreClient, key: string): Promise<void> {
  const params = oss._objectRequestParams('POST', key, { subres: { cleanRestoredObject: '' } })
  await oss.request({ ...params, successStatuses: [200] })
}

/** Sets the flag and returns what it is then. */
async function directRead(oss: RestoreClient, bucket: string, value: string): Promise<unknown> {
  const content = `<ArchiveDirectReadConfiguration><Enabled>${value}</Enabled></ArchiveDirectReadConfiguration>`
  const put = oss._bucketRequestParams('PUT', bucket, DIRECT_READ, {})
  await oss.request({ ...put, content, mime: 'xml', successStatuses: [200] })
  const get = oss._bucketRequestParams('GET', bucket, DIRECT_READ, {})
  const { data } = await oss.request({ ...get, successStatuses: [200] })
  return /<Enabled>(\w+)<\/Enabled>/.exec(String(data))?.[1]
}
