import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { sleep, systemClock } from '../base/clock.ts'
import { systemRandom } from '../base/random.ts'
import { afterTurn } from '../base/turn.ts'
import { OssError } from '../model/errors.ts'
import type { RequestHandler } from './http-message.ts'
import type { ExchangeObserver } from './http-server.ts'
import { defaultHttpServerOptions, HttpServer } from './http-server.ts'

const bugs: unknown[] = []
const ended: { status: number; errorCode: string | undefined }[] = []
const observer: ExchangeObserver = {
  onEnd: ({ status, facts }) => ended.push({ status, errorCode: facts.errorCode }),
  onBug: (_exchange, error) => bugs.push(error),
}
let server: HttpServer
let port: number
let handler: RequestHandler

beforeAll(async () => {
  server = new HttpServer(systemClock, systemRandom, (request) => handler(request), observer, {
    ...defaultHttpServerOptions,
    idleTimeoutMs: 250,
    headersTimeoutMs: 250,
  })
  port = await server.listen('127.0.0.1', 0)
})
afterAll(() => server.stop())
beforeEach(() => {
  ended.length = 0
  bugs.length = 0
  handler = echo
})
afterEach(() => expect(bugs).toEqual([]))

/** Answers with what it read. */
const echo: RequestHandler = async ({ body }) => {
  const pieces: Uint8Array[] = []
  await body.read((piece) => void pieces.push(piece))
  return { status: 200, headers: ['ETag', '"x"'], body: Buffer.concat(pieces) }
}

const refuse: RequestHandler = () => Promise.reject(new OssError('AccessDenied'))

describe('every answer', () => {
  test('has the headers of OSS and a reason phrase', async () => {
    const answer = await exchange('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expectCommonHeaders(answer)
    expect(answer).toMatch(/\r\nETag: "x"\r\n/)
  })

  test.each([
    [204, 'No Content'],
    [206, 'Partial Content'],
    [409, 'Conflict'],
  ])('with status %d says %s', async (status, phrase) => {
    handler = () => Promise.resolve({ status, headers: [] })
    const answer = await exchange('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(answer.slice(0, answer.indexOf('\r\n'))).toBe(`HTTP/1.1 ${status} ${phrase}`)
  })

  test('to an error has a document with the same request id', async () => {
    handler = refuse
    const answer = await exchange('GET / HTTP/1.1\r\nHost: b.local\r\nConnection: close\r\n\r\n')
    expectDocument(answer, 403, 'AccessDenied')
    expect(answer).toContain('<HostId>b.local</HostId>')
  })

  test('to a HEAD that failed carries the document in a header', async () => {
    handler = refuse
    const answer = await exchange('HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    const [, encoded] = /\r\nx-oss-err: (\S+)/.exec(answer) ?? []
    expect(Buffer.from(encoded ?? '', 'base64').toString()).toContain('<Code>AccessDenied</Code>')
    expect(answer).toMatch(/\r\n\r\n$/)
  })

  test('to what we did wrong tells nothing but the request id', async () => {
    handler = () => Promise.reject(new TypeError('secret detail'))
    const answer = await exchange('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expectDocument(answer, 500, 'InternalError')
    expect(answer).not.toContain('secret')
    expect(bugs.splice(0)).toHaveLength(1)
  })
})

test.each([
  ['bad chunk size', 'Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc'],
  ['bad chunk end', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n'],
])('a body with a %s is refused with a document', async (_name, rest) => {
  expectDocument(await exchange(`PUT / HTTP/1.1\r\nHost: a\r\n${rest}`), 400, 'InvalidRequest')
  expect(ended).toEqual([{ status: 400, errorCode: 'InvalidRequest' }])
})

test.each([
  [
    'both length and chunked',
    'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['two lengths', 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n'],
  ['a length that is no number', 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n'],
  ['no HTTP', 'what is this\r\n\r\n'],
  ['an unknown verb', 'FETCH / HTTP/1.1\r\nHost: a\r\n\r\n'],
  ['a header without colon', 'GET / HTTP/1.1\r\nHost a\r\n\r\n'],
  ['headers of 70 KiB', `GET / HTTP/1.1\r\nHost: a\r\nx: ${'x'.repeat(70 * 1024)}\r\n\r\n`],
  ['a space in the target', 'GET /a b HTTP/1.1\r\nHost: a\r\n\r\n'],
])(
  'a request with %s is refused with a document and the connection closed',
  async (_name, text) => {
    const answer = await exchange(text)
    expectDocument(answer, 400, 'InvalidRequest')
  },
)

test('bytes after a body that are no request end the connection', async () => {
  const answer = await exchange('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nabc\r\n\r\n')
  expect(answer).toMatch(/200 OK[^]*Connection: close\r\n[^]*\r\na$/)
})

test.each(['GET', 'HEAD'])('a %s that announces a body it does not send closes', async (method) => {
  handler = () => Promise.resolve({ status: 200, headers: [], body: 'grain' })
  const client = await open()
  client.write(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n`)
  await client.until('\r\n\r\n')
  client.socket.end()
  expect(await client.end()).toContain('\r\nConnection: close\r\n')
})

test('a GET with a body is no reason to close', async () => {
  handler = async () => {
    await new Promise(setImmediate)
    return { status: 200, headers: [], body: 'grain' }
  }
  const client = await open()
  client.write('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc')
  await client.until('grain')
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  expect((await client.end()).match(/200 OK/g)).toHaveLength(2)
})

test('CONNECT is refused with a document', async () => {
  const answer = await exchange('CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n')
  expectDocument(answer, 405, 'MethodNotAllowed')
})

test('headers that never end are refused', async () => {
  expectDocument(await exchange('GET / HTTP/1.1\r\nHost: a\r\n'), 400, 'RequestTimeout')
})

describe('Expect: 100-continue', () => {
  const head = 'PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n'

  test('is answered when the body is read', async () => {
    const client = await open()
    client.write(`${head}Connection: close\r\n\r\n`)
    await client.until('HTTP/1.1 100 Continue\r\n\r\n')
    client.write('abc')
    expect(await client.end()).toMatch(/200 OK[^]*abc$/)
  })

  test('is answered by the refusal alone when the head is refused', async () => {
    handler = refuse
    const answer = await exchange(`${head}\r\n`)
    expect(answer).not.toContain('100 Continue')
    expectDocument(answer, 403, 'AccessDenied')
  })
})

describe('a body', () => {
  test('that stops is RequestTimeout', async () => {
    const answer = await exchange('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    expectDocument(answer, 400, 'RequestTimeout')
  })

  test('whose client half closes early is IncompleteBody', async () => {
    const client = await open()
    client.socket.end('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    expectDocument(await client.end(), 400, 'IncompleteBody')
  })

  test('whose client vanishes fails its reader and aborts the signal', async () => {
    const seen = watch()
    const client = await open()
    client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    await seen.started
    client.socket.resetAndDestroy()
    await expect(seen.failed).resolves.toMatchObject({ code: 'IncompleteBody' })
    await seen.aborted
  })

  test('may be slow as long as it goes on', async () => {
    const client = await open()
    client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\r\n')
    for (const byte of 'abcd') {
      await delay(150)
      client.write(byte)
    }
    expect(await client.end()).toMatch(/200 OK[^]*abcd$/)
  })

  test('waits for its reader without a timeout, and times out after it', async () => {
    let first = true
    handler = async ({ body }) => {
      await body.read(() => {
        if (first) return ((first = false), delay(400))
        return undefined
      })
      return { status: 200, headers: [] }
    }
    const client = await open()
    client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    expectDocument(await client.end(), 400, 'RequestTimeout')
  })

  test('that nobody reads does not cost a connection when it is small', async () => {
    handler = refuse
    const client = await open()
    client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc')
    await client.until('</Error>')
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect((await client.end()).match(/403 Forbidden/g)).toHaveLength(2)
  })

  test('that nobody reads ends the connection when it is large, after the answer has arrived', async () => {
    handler = refuse
    const client = await open()
    client.write('PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 90000000\r\n\r\n')
    const megabyte = Buffer.alloc(1024 ** 2)
    for (let count = 0; count < 8; count++) client.socket.write(megabyte)
    expectDocument(await client.end(), 403, 'AccessDenied')
  })
})

describe('an answer that is streamed', () => {
  const stream = (
    lengthBytes: number,
    pieces: readonly string[],
    failure?: Error,
  ): RequestHandler => {
    return () =>
      Promise.resolve({
        status: 200,
        headers: [],
        body: {
          lengthBytes,
          async send(send) {
            for (const piece of pieces) await send(Buffer.from(piece))
            if (failure) throw failure
          },
        },
      })
  }
  const request = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

  test('arrives whole', async () => {
    handler = stream(6, ['abc', 'def'])
    expect(await exchange(request)).toMatch(/Content-Length: 6\r\n[^]*\r\n\r\nabcdef$/)
  })

  test('may be empty', async () => {
    handler = stream(0, [])
    expect(await exchange(request)).toMatch(/Content-Length: 0\r\n/)
  })

  test('that fails before its first byte is an error', async () => {
    handler = stream(6, [], new OssError('NoSuchKey'))
    expectDocument(await exchange(request), 404, 'NoSuchKey')
  })

  test('that fails later is cut short', async () => {
    handler = stream(6, ['abc'], new OssError('InternalError'))
    const answer = await exchange(request)
    expect(answer).toMatch(/Content-Length: 6\r\n[^]*\r\n\r\nabc$/)
  })

  test('is given up when its client does not read', async () => {
    const gone = deferred<void>()
    handler = ({ signal }) => {
      signal.addEventListener('abort', () => gone.resolve())
      const piece = Buffer.alloc(1024 ** 2)
      return Promise.resolve({
        status: 200,
        headers: [],
        body: {
          lengthBytes: 1024 ** 3,
          async send(send) {
            for (let count = 0; count < 1024; count++) await send(piece)
          },
        },
      })
    }
    const client = await open()
    client.socket.pause()
    client.write(request)
    await gone.promise
    client.socket.destroy()
  })
})

test('a server that is not the one to come to serves, and keeps no connection after an answer', async () => {
  let isReady = true
  const options = { ...defaultHttpServerOptions, keepsConnections: () => isReady }
  const other = new HttpServer(systemClock, systemRandom, echo, observer, options)
  const otherPort = await other.listen('127.0.0.1', 0)
  const request = 'PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody'
  const kept = await open(otherPort)
  kept.write(request)
  await kept.until('body')
  isReady = false
  kept.write(request)
  expect(await kept.end()).toMatch(/keep-alive\r\n[^]*body[^]*Connection: close\r\n[^]*body$/)
  const late = await open(otherPort)
  late.write(request)
  expect(await late.end()).toMatch(/Connection: close\r\n[^]*body$/)
  await other.stop()
})

test('it is told when nobody connects any more', async () => {
  const other = new HttpServer(systemClock, systemRandom, echo, observer)
  const otherPort = await other.listen('127.0.0.1', 0)
  await other.untilNobodyConnects(10_000, 10_000)
  let isCalm = false
  const connect = async () => (await open(otherPort)).socket.destroy()
  await connect()
  const calm = other.untilNobodyConnects(200, 10_000).then(() => (isCalm = true))
  for (let count = 0; count < 10; count++) {
    await sleep(systemClock, 50)
    expect(isCalm).toBe(false)
    await connect()
  }
  const startedMs = systemClock.monotonicMs()
  await calm
  expect(systemClock.monotonicMs() - startedMs).toBeGreaterThan(150)
  await connect()
  await other.untilNobodyConnects(10_000, 50)
  await other.stop()
})

test('who connected while the process stood still is heard before it is told', async () => {
  const other = new HttpServer(systemClock, systemRandom, echo, observer)
  const otherPort = await other.listen('127.0.0.1', 0)
  const first = await open(otherPort)
  const calm = other.untilNobodyConnects(200, 10_000)
  // So that timers come next, and what was received after them.
  await new Promise<void>(afterTurn)
  const late = connect({ host: '127.0.0.1', port: otherPort })
  await new Promise(process.nextTick)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400)
  const startedMs = systemClock.monotonicMs()
  await calm
  expect(systemClock.monotonicMs() - startedMs).toBeGreaterThan(150)
  for (const socket of [first.socket, late]) socket.destroy()
  await other.stop()
})

test('stopping lets requests under way finish and closes the connection', async () => {
  const other = new HttpServer(systemClock, systemRandom, (request) => handler(request), observer)
  const otherPort = await other.listen('127.0.0.1', 0)
  const entered = deferred<void>()
  const go = deferred<void>()
  handler = async () => {
    entered.resolve()
    await go.promise
    return { status: 200, headers: [], body: 'done' }
  }
  const client = await open(otherPort)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await entered.promise
  const stopped = other.stop()
  go.resolve()
  expect(await client.end()).toMatch(/Connection: close\r\n[^]*done$/)
  await stopped
})

function watch() {
  const started = deferred<void>()
  const failed = deferred<unknown>()
  const aborted = deferred<void>()
  handler = async ({ body, signal }) => {
    signal.addEventListener('abort', () => aborted.resolve())
    try {
      await body.read(() => void started.resolve())
    } catch (error) {
      failed.resolve(error)
      throw error
    }
    return { status: 200, headers: [] }
  }
  return { started: started.promise, failed: failed.promise, aborted: aborted.promise }
}

function deferred<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => (resolve = done))
  return { promise, resolve }
}

function expectCommonHeaders(answer: string): void {
  for (const header of [
    /\r\nServer: AliyunOSS\r\n/,
    /\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/,
    /\r\nx-oss-request-id: [0-9A-F]{24}\r\n/,
    /\r\nx-oss-server-time: \d+\r\n/,
    /\r\nConnection: /,
    /\r\nContent-Length: /,
  ]) {
    expect(answer).toMatch(header)
  }
}

function expectDocument(answer: string, status: number, code: string): void {
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} [A-Z][A-Za-z ]+\r\n`))
  expectCommonHeaders(answer)
  expect(answer).toMatch(/\r\nContent-Type: application\/xml\r\n/)
  expect(answer).toMatch(/\r\nx-oss-ec: \d{4}-\d{8}\r\n/)
  expect(answer).toContain('<?xml')
  expect(answer).toContain(`<Code>${code}</Code>`)
  const [, requestId] = /x-oss-request-id: (\S+)/.exec(answer) ?? []
  expect(answer).toContain(`<RequestId>${requestId}</RequestId>`)
}

interface Client {
  readonly socket: Socket
  write(text: string): void
  /** Resolves once `text` has arrived. */
  until(text: string): Promise<void>
  /** Resolves with all that arrived when the server closes. */
  end(): Promise<string>
}

function open(to = port): Promise<Client> {
  return new Promise((resolve) => {
    const socket = connect(to, '127.0.0.1', () => resolve(client))
    let received = ''
    const closed = new Promise<string>((close) => {
      socket.on('close', () => close(received))
    })
    socket.on('error', () => {})
    socket.setEncoding('latin1')
    socket.on('data', (text) => (received += String(text)))
    const client: Client = {
      socket,
      write: (text) => void socket.write(text),
      end: () => closed,
      until: (text) =>
        new Promise((found) => {
          const look = () => received.includes(text) && found()
          socket.on('data', look)
          look()
        }),
    }
  })
}

async function exchange(text: string): Promise<string> {
  const client = await open()
  client.write(text)
  return client.end()
}

function delay(delayMs: number): Promise<void> {
  return new Promise((resolve) => systemClock.schedule(delayMs, resolve))
}
