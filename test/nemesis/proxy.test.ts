/**
 * The proxy passes everything on in order, from the alias of the sender, and does what it is told.
 *
 * @module
 */

import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { Proxy } from './proxy.ts'

const HELD_UP_MS = 300
/** Every address of 127.0.0.0/8 is this machine's. */
const barley = { name: 'barley', address: '127.0.87.11', alias: '127.0.87.111' }
const rye = { name: 'rye', address: '127.0.87.12', alias: '127.0.87.112' }

let server: Server
let proxy: Proxy
let accepted: Promise<Socket>
let client: Socket

beforeEach(async () => {
  server = createServer()
  accepted = once(server, 'connection').then(([socket]) => socket as Socket)
  server.listen(0, rye.address)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  proxy = await Proxy.listen([barley, rye], [port])
  client = connect({ host: rye.alias, port, localAddress: barley.address })
})

afterEach(async () => {
  client.destroy()
  ;(await accepted).destroy()
  await proxy.close()
  await new Promise((resolve) => server.close(resolve))
})

test('bytes and the end arrive, from the alias of the sender', async () => {
  const receiver = await accepted
  expect(receiver.remoteAddress).toBe(barley.alias)
  const body = Buffer.alloc(9_000_000, 'grain')
  client.end(body)
  const pieces: Buffer[] = []
  for await (const piece of receiver) pieces.push(piece as Buffer)
  expect(Buffer.concat(pieces).equals(body)).toBe(true)
})

test('what is held up comes later and is overtaken by nothing', async () => {
  const receiver = await accepted
  proxy.delay([{ from: 'barley', to: 'rye', delayMs: HELD_UP_MS }])
  const startedMs = performance.now()
  client.write('first ')
  await new Promise((resolve) => setTimeout(resolve, HELD_UP_MS / 3))
  proxy.delay([])
  client.end('second')
  let text = ''
  for await (const piece of receiver) text += String(piece)
  expect(text).toBe('first second')
  // Timers may be a little early.
  expect(performance.now() - startedMs).toBeGreaterThan(HELD_UP_MS - 5)
})

test('the other direction is not held up', async () => {
  const sender = await accepted
  proxy.delay([{ from: 'barley', to: 'rye', delayMs: 60_000 }])
  sender.write('now')
  expect(String((await once(client, 'data'))[0])).toBe('now')
})

test('a reset ends both sides', async () => {
  const receiver = await accepted
  const ended = Promise.all([once(client, 'error'), once(receiver, 'error')])
  proxy.reset('rye', 'barley')
  const [[ours], [theirs]] = await ended
  expect([ours.code, theirs.code]).toEqual(['ECONNRESET', 'ECONNRESET'])
})
