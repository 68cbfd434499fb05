import { MemoryEngine } from './memory-engine.ts'
import type { Mutation } from './key-value-engine.ts'
import { StateWriter } from './state-writer.ts'

/** Records batches and lets the test decide when each is done. */
class HeldEngine extends MemoryEngine {
  readonly batches: string[] = []
  inFlightCountMax = 0
  #settle: ((failure?: Error) => void)[] = []

  override async write(batch: readonly Mutation[]): Promise<void> {
    this.batches.push(batch.map(({ key }) => Buffer.from(key).toString()).join(' '))
    const held = new Promise<void>((resolve, reject) => {
      this.#settle.push((failure) => (failure === undefined ? resolve() : reject(failure)))
    })
    this.inFlightCountMax = Math.max(this.inFlightCountMax, this.#settle.length)
    await held
    await super.write(batch)
  }

  /** Ends the oldest batch in flight. */
  settle(failure?: Error): void {
    this.#settle.shift()?.(failure)
  }
}

function row(key: string): Mutation {
  return { key: Buffer.from(key), value: Buffer.from('value') }
}

function unexpected(cause: Error): void {
  throw cause
}

/** Lets every promise that can go on do so. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

test('what is queued in one turn is one batch, what waits meanwhile the next', async () => {
  const engine = new HeldEngine()
  const writer = new StateWriter(engine, unexpected)
  const done: string[] = []
  const write = (...keys: string[]) =>
    void writer.write(keys.map(row)).then(() => done.push(keys.join(' ')))

  write('a', 'b')
  write('c')
  await turn()
  write('d')
  write('e')
  await turn()
  expect(engine.batches).toEqual(['a b c'])
  expect(done).toEqual([])

  engine.settle()
  await turn()
  expect(engine.batches).toEqual(['a b c', 'd e'])
  expect(done).toEqual(['a b', 'c'])

  engine.settle()
  await writer.settled()
  expect(done).toEqual(['a b', 'c', 'd', 'e'])
})

test('never more than one batch is in flight', async () => {
  const engine = new HeldEngine()
  const writer = new StateWriter(engine, unexpected)
  const keys = Array.from({ length: 50 }, (_, index) => String(index))
  for (const key of keys) {
    void writer.write([row(key)])
    await turn()
    if (Number(key) % 3 === 0) engine.settle()
  }
  for (let left = keys.length; left > 0; left--) {
    engine.settle()
    await turn()
  }
  await writer.settled()
  expect(engine.inFlightCountMax).toBe(1)
  expect(engine.batches.join(' ')).toBe(keys.join(' '))
})

test('later mutations of a key win, also across batches', async () => {
  const engine = new MemoryEngine()
  const writer = new StateWriter(engine, unexpected)
  const key = Buffer.from('key')
  for (let value = 0; value < 20; value++) {
    void writer.write([{ key, value: Buffer.of(value) }])
    if (value % 3 === 0) await turn()
  }
  await writer.settled()
  expect(await engine.getMany([key])).toEqual([new Uint8Array([19])])
})

test('a refused write is fatal, and nobody who waits gets an answer', async () => {
  const engine = new HeldEngine()
  const fatal: Error[] = []
  const writer = new StateWriter(engine, (cause) => fatal.push(cause))
  let answeredCount = 0
  const write = (key: string) => void writer.write([row(key)]).finally(() => answeredCount++)

  write('a')
  await turn()
  write('b')
  engine.settle(new Error('Disk failed'))
  await turn()
  write('c')
  await turn()
  expect(fatal.map(({ message, cause }) => [message, (cause as Error).message])).toEqual([
    ['The key-value engine refused a write', 'Disk failed'],
  ])
  expect(answeredCount).toBe(0)
  expect(engine.batches).toEqual(['a'])
})
