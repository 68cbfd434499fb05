/**
 * The admin port answers, and nothing that the server writes down gives access to anybody.
 *
 * @module
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRequire } from 'node:module'
import { startLocalServer } from '../support/local-server.ts'
import type { LocalServer } from '../support/local-server.ts'
import { pathOf, sendOssRequest, signedHeaders } from '../support/oss-request.ts'

let folder: string
let server: LocalServer
let admin: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-admin-'))
  const port = await freePort()
  admin = `http://127.0.0.1:${port}`
  server = await startLocalServer({
    data: folder,
    environment: { GRANARY_ADMIN_PORT: String(port) },
  })
})
afterAll(async () => {
  await server.end('SIGKILL')
  rmSync(folder, { recursive: true })
})

async function freePort(): Promise<number> {
  const listener = createServer()
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  await new Promise((resolve) => listener.close(resolve))
  return port
}

test.each(['/live', '/ready'])('%s answers 200', async (path) => {
  expect((await fetch(admin + path)).status).toBe(200)
})

test('metrics are in the format of Prometheus and count requests', async () => {
  await sendOssRequest(server.access, { method: 'GET' })
  const answer = await fetch(`${admin}/metrics`)
  expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  const text = await answer.text()
  expect(text).toMatch(/^granary_\w+\{[^}]*ListBuckets[^}]*\} [1-9]/m)
  for (const line of text.split('\n'))
    expect(line).toMatch(/^($|# (HELP|TYPE) |[a-z_:][\w:]*(\{.*\})? \S+$)/i)
})

test('the admin port serves no objects, the client port no metrics', async () => {
  expect((await fetch(`${admin}/some-bucket/key`)).status).toBe(404)
  expect(await (await fetch(`${server.access.endpoint}/metrics`)).text()).not.toContain('granary_')
})

test('secrets and signatures are in no log and no metric', async () => {
  const secrets = await useEveryKindOfSignature()
  const metrics = await (await fetch(`${admin}/metrics`)).text()
  await server.end('SIGTERM')
  // The key pair's own file is its only place.
  const written = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'access-key.json')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
  const log = written.find((text) => text.includes('GetObject'))
  expect(log?.trim().split('\n').length).toBeGreaterThan(5)
  const everything = [
    server.output.stdout.split('\n').slice(1).join('\n'),
    server.output.stderr,
    metrics,
    ...written,
  ]
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(10)
    expect(everything.filter((text) => text.includes(secret))).toEqual([])
  }
})

/** Sends requests that carry signatures everywhere they can be; returns what must not be found. */
async function useEveryKindOfSignature(): Promise<string[]> {
  const { access } = server
  const bucket = 'secrets'
  const wrong = { ...access, accessKeySecret: 'a-wrong-secret-that-was-typed' }
  await sendOssRequest(access, { method: 'PUT', bucket })
  await sendOssRequest(wrong, { method: 'GET', bucket })
  const spec = { method: 'GET', bucket, key: 'x' }
  const header = signedHeaders(access, spec)['authorization'] ?? ''
  const signature = header.slice(header.indexOf(':') + 1)
  // Sent in the wrong places, as a confused client does.
  await sendOssRequest(access, {
    ...spec,
    anonymous: true,
    headers: { authorization: `OSS  ${header}` },
  })
  await sendOssRequest(access, {
    ...spec,
    headers: { referer: `http://x/?Signature=${encodeURIComponent(signature)}` },
  })
  await sendOssRequest(access, {
    ...spec,
    anonymous: true,
    query: { Signature: signature, OSSAccessKeyId: 'x', Expires: '1' },
  })
  const presigned = [false, true].map((authorizationV4) => presign(bucket, authorizationV4))
  const signed = await Promise.all(presigned)
  for (const url of signed) await fetch(url)
  await fetch(`${access.endpoint}${pathOf(spec)}`, {
    headers: { 'x-oss-security-token': 'a-token-of-nobody' },
  })
  const found = signed.map((url) => new URL(url).searchParams)
  return [
    access.accessKeySecret,
    wrong.accessKeySecret,
    signature,
    encodeURIComponent(signature),
    'a-token-of-nobody',
    ...found.map((query) => query.get('Signature') ?? query.get('x-oss-signature') ?? ''),
  ]
}

async function presign(bucket: string, authorizationV4: boolean): Promise<string> {
  const OssClient = createRequire(__filename)('ali-oss') as new (options: object) => {
    signatureUrl(key: string): string
    signatureUrlV4(
      method: string,
      expiresSeconds: number,
      request: object,
      key: string,
    ): Promise<string>
  }
  const { port } = new URL(server.access.endpoint)
  const endpoint = `http://localhost:${port}`
  const client = new OssClient({
    ...server.access,
    endpoint,
    bucket,
    sldEnable: true,
    authorizationV4,
  })
  return authorizationV4 ? client.signatureUrlV4('GET', 60, {}, 'x') : client.signatureUrl('x')
}
