/**
 * What `npm start` and the README say to paste works when it is pasted.
 *
 * @module
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runLocalServer } from '../support/local-server.ts'

const root = join(__dirname, '..', '..')
const OssClient: unknown = createRequire(__filename)('ali-oss')
const AsyncFunction = (async () => {}).constructor as new (
  ...text: string[]
) => (...args: unknown[]) => Promise<unknown>

let folder: string
let server: ReturnType<typeof runLocalServer>
let printed: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-paste-'))
  server = runLocalServer(['--port', '0', '--data', folder])
  printed = await new Promise((resolve) => {
    server.child.stdout.on('data', () => {
      if (server.output.stdout.includes('new OSS(')) resolve(server.output.stdout)
    })
  })
})
afterAll(async () => {
  server.child.kill('SIGTERM')
  await server.exited
  rmSync(folder, { recursive: true })
})

test('the SDK line makes a client that works', async () => {
  const line = /^.*new OSS\(.*$/m.exec(printed)?.[0] ?? ''
  const variable = /const (\w+)/.exec(line)?.[1]
  const body = `${line.replace(/.*\bimport OSS.*?;/, '')}
    ${variable === undefined ? '' : `return ${variable}`}`
  const client = (await new AsyncFunction('OSS', body)(OssClient)) as {
    putBucket(name: string): Promise<unknown>
    listBuckets(): Promise<{ buckets: { name: string }[] }>
  }
  await client.putBucket('pasted')
  expect((await client.listBuckets()).buckets.map(({ name }) => name)).toContain('pasted')
})

test('the example of the README works', async () => {
  const example =
    /```js\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? ''
  const find = (pattern: RegExp) => pattern.exec(printed)?.[1] ?? ''
  const said: unknown[] = []
  const body = example
    .replace(/^import .*$/m, '')
    .replace('localhost:9000', `localhost:${find(/http:\/\/\S+?:(\d+)/)}`)
    .replace("accessKeyId: '…'", `accessKeyId: '${find(/accessKeyId: '(.+?)'/)}'`)
    .replace("accessKeySecret: '…'", `accessKeySecret: '${find(/accessKeySecret: '(.+?)'/)}'`)
  await new AsyncFunction('OSS', 'console', body)(OssClient, {
    log: (text: unknown) => said.push(text),
  })
  expect(said).toEqual(['Granary keeps grain\n'])
})

test('the ossutil line names the endpoint and the key pair', () => {
  const line = /^.*\bossutil\b.*$/m.exec(printed)?.[0] ?? ''
  expect(line).toMatch(/-e http:\/\/\S+:\d+/)
  expect(line).toMatch(/-i \S+ -k \S+/)
})
