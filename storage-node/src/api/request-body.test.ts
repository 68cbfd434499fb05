/**
 * A body has been read when its last piece has been taken, not when it has arrived.
 *
 * @module
 */

import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RequestBody } from './request-body.ts'

let server: Server | undefined
afterEach(() => server?.close())

/** Sends `pieces` and returns, in order, what the reader did with them. */
async function eventsOf(pieces: readonly number[]): Promise<string[]> {
  const events: string[] = []
  const listening = createServer((incoming, response) => {
    const body = new RequestBody(incoming, response, { 'transfer-encoding': 'chunked' }, false)
    const take = async () => {
      events.push('begin')
      // What follows has arrived and waits: Node then ends the stream with the last piece.
      do {
        await new Promise(setImmediate)
      } while (!incoming.complete)
      await new Promise(setImmediate)
      events.push('end')
    }
    void body
      .read(() => take())
      .then(() => {
        events.push('read')
        response.end()
      })
  })
  server = listening
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const { port } = listening.address() as AddressInfo
  await new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', method: 'PUT' }, (incoming) => {
      incoming.resume().on('end', resolve)
    })
    outgoing.on('error', reject)
    for (const size of pieces) outgoing.write(Buffer.alloc(size))
    outgoing.end()
  })
  return events
}

test.each([[[10]], [[10, 10]], [[9_000, 50_000]], [[10, 20_000, 10, 30_000, 1]]])(
  'a body of pieces %p is read after each was taken, one at a time',
  async (pieces) => {
    const events = await eventsOf(pieces)
    const takes = events.slice(0, -1)
    expect(events.at(-1)).toBe('read')
    expect(takes.at(-1)).toBe('end')
    expect(takes).toEqual(takes.map((_, at) => (at % 2 === 0 ? 'begin' : 'end')))
  },
)
