/**
 * Puts, gets, lists and deletes an object, with what the Secret of an AccessKey says; for `helm test`.
 *
 * It needs nothing but Node: requests are signed here, as the OSS API has it (V1).
 *
 * @module
 */

import { createHash, createHmac, randomBytes } from 'node:crypto'

const { OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET, OSS_ENDPOINT, TEST_BUCKET } = process.env
const TRY_COUNT = 60
const PAUSE_MS = 2_000

const endpoint = new URL(OSS_ENDPOINT.includes('://') ? OSS_ENDPOINT : `http://${OSS_ENDPOINT}`)
// What is signed counts, not how it came here: the certificate is of the region's own authority.
endpoint.protocol = 'http:'
const bytes = randomBytes(100_000)
const sha256 = (data) => createHash('sha256').update(data).digest('hex')

await eventually('the bucket is there', async () => {
  await expectStatus('GET', '', undefined, 200)
})
await expectStatus('PUT', 'test.bin', bytes, 200)
const got = await expectStatus('GET', 'test.bin', undefined, 200)
if (sha256(got) !== sha256(bytes)) throw new Error('the object has other bytes')
const listed = (await expectStatus('GET', '', undefined, 200)).toString()
if (!listed.includes('<Key>test.bin</Key>')) throw new Error(`the object is not listed: ${listed}`)
await expectStatus('DELETE', 'test.bin', undefined, 204)
await expectStatus('GET', 'test.bin', undefined, 404)
console.log(
  `An object of ${bytes.byteLength} bytes was put, read, listed and deleted at ${endpoint.host}`,
)

async function expectStatus(method, key, body, status) {
  const date = new Date().toUTCString()
  const resource = `/${TEST_BUCKET}/${key}`
  const type = body === undefined ? '' : 'application/octet-stream'
  const text = `${method}\n\n${type}\n${date}\n${resource}`
  const signature = createHmac('sha1', OSS_ACCESS_KEY_SECRET).update(text).digest('base64')
  const answer = await fetch(new URL(resource, endpoint), {
    method,
    body,
    headers: {
      date,
      authorization: `OSS ${OSS_ACCESS_KEY_ID}:${signature}`,
      ...(type && { 'content-type': type }),
    },
  })
  const bytesRead = Buffer.from(await answer.arrayBuffer())
  if (answer.status === status) return bytesRead
  throw new Error(
    `${method} ${resource} was answered with ${answer.status}: ${bytesRead.subarray(0, 500)}`,
  )
}

async function eventually(what, attempt) {
  for (let left = TRY_COUNT; ; left--) {
    try {
      return await attempt()
    } catch (error) {
      if (left === 0) throw new Error(`Waited for too long until ${what}`, { cause: error })
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}
