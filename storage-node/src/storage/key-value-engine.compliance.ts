/**
 * What every key-value engine must do: the words of `key-value-engine.ts` as tests.
 *
 * @module
 */

import fc from 'fast-check'
import { compareBytes } from '../base/bytes.ts'
import { KeyValueEngineError } from './key-value-engine.ts'
import type { KeyRange, KeyValueEngine, Mutation, Reader, ScanOptions } from './key-value-engine.ts'

/** Where one engine lives, so that it can be opened again. */
export interface EngineHome {
  open(): Promise<KeyValueEngine>
  /** Ends the engine, as a crash would where that can be done, and opens it again. */
  reopen(engine: KeyValueEngine): Promise<KeyValueEngine>
  remove(): Promise<void>
}

/** Declares the tests for one implementation. */
export function describeKeyValueEngine(name: string, makeHome: () => Promise<EngineHome>): void {
  describe(name, () => {
    let home: EngineHome
    let engine: KeyValueEngine

    beforeEach(async () => {
      home = await makeHome()
      engine = await home.open()
    })

    afterEach(async () => {
      await engine.close()
      await home.remove()
    })

    test('values come back in the order of the keys, and stay valid', async () => {
      await engine.write([put('a', '1'), put('b', ''), put('c', '3'.repeat(5000))])
      const values = await engine.getMany(['c', 'x', 'b', 'a', 'c'].map(bytes))
      await engine.write([put('c', 'other')])
      await engine.getMany(Array.from({ length: 500 }, () => bytes('c')))
      expect(values.map(textOf)).toEqual(['3'.repeat(5000), undefined, '', '1', '3'.repeat(5000)])
    })

    test('of one key in a batch the last mutation wins', async () => {
      await engine.write([put('a', '1'), put('a', '2'), put('b', '1'), drop('b'), drop('c')])
      expect(await contentOf(engine)).toEqual([['a', '2']])
      await engine.write([])
      expect(await contentOf(engine)).toEqual([['a', '2']])
    })

    test('bytes handed in may be reused once the write has answered', async () => {
      const key = bytes('key')
      const value = new Uint8Array(new SharedArrayBuffer(8)).fill(7)
      await engine.write([{ key, value }])
      key.fill(0)
      value.fill(0)
      expect(await engine.getMany([bytes('key')])).toEqual([Buffer.alloc(8, 7)])
    })

    const rows = ['a', 'b', 'b\0', 'ba', 'c', '\xff', '\xff\xff']
    test.each<[string, string, Partial<ScanOptions>, string[]]>([
      ['a', 'c', {}, ['a', 'b', 'b\0', 'ba']],
      ['', '\xff', {}, ['a', 'b', 'b\0', 'ba', 'c']],
      ['b', 'b\0', {}, ['b']],
      ['', 'zz', { limit: 2 }, ['a', 'b']],
      ['', 'zz', { limit: 2, reverse: true }, ['c', 'ba']],
      ['b', 'ba', { reverse: true }, ['b\0', 'b']],
      ['\xff', '\xff\xff\xff', { reverse: true }, ['\xff\xff', '\xff']],
      ['', 'zz', { limit: 0 }, []],
      ['c', 'a', {}, []],
      ['b', 'b', {}, []],
      ['', '', {}, []],
      ['x', 'y', { reverse: true }, []],
    ])('scan from %j to %j %j finds %j', async (start, end, options, expected) => {
      await engine.write(rows.map((key) => put(key, `value of ${key}`)))
      for (const keysOnly of [false, true]) {
        const found = await engine.scan(range(start, end), { limit: 100, keysOnly, ...options })
        expect(found.map(({ key }) => textOf(key))).toEqual(expected)
        const values = expected.map((key) => (keysOnly ? '' : `value of ${key}`))
        expect(found.map(({ value }) => textOf(value))).toEqual(values)
      }
    })

    test.each([1, 1023, 1024, 1025, 2048, 2100, 5000])(
      'a scan of up to %d rows among 2,100 is complete and ordered both ways',
      async (limit) => {
        const keys = Array.from({ length: 2100 }, (_, index) => String(index).padStart(6, '0'))
        await engine.write(keys.map((key) => put(key, key)))
        const forwards = await engine.scan(range('', 'z'), { limit })
        expect(forwards.map(({ key }) => textOf(key))).toEqual(keys.slice(0, limit))
        const backwards = await engine.scan(range('', 'z'), { limit, reverse: true })
        expect(backwards.map(({ key }) => textOf(key))).toEqual(keys.toReversed().slice(0, limit))
      },
    )

    test('many reads at once all answer', async () => {
      const keys = Array.from({ length: 300 }, (_, index) => String(index).padStart(6, '0'))
      await engine.write(keys.map((key) => put(key, key)))
      const values = await Promise.all(keys.map((key) => engine.getMany([bytes(key)])))
      expect(values.map(([value]) => textOf(value))).toEqual(keys)
      const found = await Promise.all(keys.map((key) => engine.scan(range(key, 'z'), { limit: 1 })))
      expect(found.map(([row]) => textOf(row?.value))).toEqual(keys)
    })

    test('a snapshot keeps showing its moment', async () => {
      await engine.write([put('a', '1'), put('b', '1')])
      const snapshot = engine.snapshot()
      await engine.write([put('a', '2'), drop('b'), put('c', '2')])
      expect(await contentOf(snapshot)).toEqual([['a', '1'], ['b', '1']]) // prettier-ignore
      expect((await snapshot.getMany(['a', 'b', 'c'].map(bytes))).map(textOf)).toEqual(['1', '1', undefined]) // prettier-ignore
      expect(await contentOf(engine)).toEqual([['a', '2'], ['c', '2']]) // prettier-ignore
      snapshot.release()
    })

    test('a read that began before its snapshot was released answers, a later one rejects', async () => {
      await engine.write([put('a', '1')])
      const snapshot = engine.snapshot()
      const before = [snapshot.getMany([bytes('a')]), snapshot.scan(range('', 'z'), { limit: 9 })]
      snapshot.release()
      expect((await Promise.all(before)).map((found) => found.length)).toEqual([1, 1])
      await expect(snapshot.getMany([bytes('a')])).rejects.toThrow(KeyValueEngineError)
      await expect(snapshot.scan(range('', 'z'), { limit: 9 })).rejects.toThrow(KeyValueEngineError)
      expect(() => snapshot.release()).toThrow('once')
    })

    test('a closed engine rejects everything and hangs nobody', async () => {
      await engine.write([put('a', '1')])
      const snapshot = engine.snapshot()
      const underWay = Promise.allSettled([
        engine.getMany([bytes('a')]),
        engine.scan(range('', 'z'), { limit: 9 }),
        engine.write([put('b', '2')]),
        engine.flush(),
      ])
      await engine.close()
      await underWay
      const refused = [
        () => engine.getMany([bytes('a')]),
        () => engine.scan(range('', 'z'), { limit: 9 }),
        () => engine.write([put('b', '2')]),
        () => engine.flush(),
        () => snapshot.getMany([bytes('a')]),
        () => snapshot.scan(range('', 'z'), { limit: 9 }),
        async () => engine.snapshot(),
      ]
      for (const call of refused) await expect(call()).rejects.toThrow(KeyValueEngineError)
      snapshot.release()
      await engine.close()
    })

    test('what was flushed is there after a crash', async () => {
      await engine.write([put('a', '1'), put('b', '1')])
      await engine.flush()
      engine = await home.reopen(engine)
      expect(await contentOf(engine)).toEqual([['a', '1'], ['b', '1']]) // prettier-ignore
      await engine.write([drop('a')])
      await engine.flush()
      engine = await home.reopen(engine)
      expect(await contentOf(engine)).toEqual([['b', '1']])
    })

    test('it answers like a sorted map, and recovers a prefix of its batches', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }),
          async (steps) => {
            const run = new ModelRun(home, engine)
            for (const each of steps) await run.take(each)
            engine = await run.finish()
          },
        ),
        { numRuns: 30 },
      )
    }, 60_000)
  })
}

type Step =
  | { readonly kind: 'write'; readonly batch: readonly [string, string | undefined][] }
  | { readonly kind: 'get'; readonly keys: readonly string[] }
  | {
      readonly kind: 'scan'
      readonly start: string
      readonly end: string
      readonly options: ScanOptions
    }
  | { readonly kind: 'snapshot' | 'release' | 'flush' | 'reopen' }

const someKey = fc.string({ unit: fc.constantFrom('\0', '\x01', 'a', 'b', '\xff'), maxLength: 3 })
const someRow = fc.tuple(someKey, fc.option(fc.string({ maxLength: 20 }), { nil: undefined }))
const someOptions = fc.record({ limit: fc.nat(12), reverse: fc.boolean(), keysOnly: fc.boolean() })

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      batch: fc.array(someRow, { maxLength: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('get' as const),
      keys: fc.array(someKey, { maxLength: 5 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('scan' as const),
      start: someKey,
      end: someKey,
      options: someOptions,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('snapshot' as const, 'release', 'flush') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)

type Model = ReadonlyMap<string, string>

/** An engine and the map it must agree with, side by side. */
class ModelRun {
  readonly #home: EngineHome
  #engine: KeyValueEngine
  /** States a crash may go back to: the last flush, then one for each batch. */
  #history: Model[] = [new Map()]
  #frozen: { snapshot: ReturnType<KeyValueEngine['snapshot']>; model: Model }[] = []

  constructor(home: EngineHome, engine: KeyValueEngine) {
    this.#home = home
    this.#engine = engine
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'write') return this.#write(step.batch)
    if (step.kind === 'get' || step.kind === 'scan') return this.#compare(step)
    if (step.kind === 'snapshot') {
      this.#frozen.push({ snapshot: this.#engine.snapshot(), model: this.#present() })
    } else if (step.kind === 'release') this.#frozen.shift()?.snapshot.release()
    else if (step.kind === 'flush') await this.#flush()
    else await this.#reopen()
  }

  /** Leaves the engine empty for the next run. */
  async finish(): Promise<KeyValueEngine> {
    this.#releaseAll()
    const rows = await this.#engine.scan(EVERYTHING, { limit: 1000, keysOnly: true })
    await this.#engine.write(rows.map(({ key }) => ({ key, value: undefined })))
    await this.#engine.flush()
    return this.#engine
  }

  #present(): Model {
    return this.#history.at(-1)!
  }

  async #write(batch: readonly [string, string | undefined][]): Promise<void> {
    const next = new Map(this.#present())
    for (const [key, value] of batch) {
      if (value === undefined) next.delete(key)
      else next.set(key, value)
    }
    await this.#engine.write(batch.map(([key, value]) => mutation(key, value)))
    this.#history.push(next)
  }

  async #compare(step: Extract<Step, { kind: 'get' | 'scan' }>): Promise<void> {
    await this.#compareReader(this.#engine, this.#present(), step)
    for (const { snapshot, model } of this.#frozen) await this.#compareReader(snapshot, model, step)
  }

  async #compareReader(
    reader: Reader,
    model: Model,
    step: Extract<Step, { kind: 'get' | 'scan' }>,
  ) {
    if (step.kind === 'get') {
      const values = await reader.getMany(step.keys.map(bytes))
      expect(values.map(textOf)).toEqual(step.keys.map((key) => model.get(key)))
    } else {
      const found = await reader.scan(range(step.start, step.end), step.options)
      expect(found.map(textsOf)).toEqual(scanModel(model, step.start, step.end, step.options))
    }
  }

  async #flush(): Promise<void> {
    await this.#engine.flush()
    this.#history = [this.#present()]
  }

  async #reopen(): Promise<void> {
    this.#releaseAll()
    this.#engine = await this.#home.reopen(this.#engine)
    const content = JSON.stringify(await contentOf(this.#engine))
    const states = this.#history.map((model) => JSON.stringify(contentOfModel(model)))
    expect(states).toContain(content)
    // Later states are gone; earlier ones may still be what is on the disk.
    this.#history = this.#history.slice(0, states.lastIndexOf(content) + 1)
  }

  #releaseAll(): void {
    for (const { snapshot } of this.#frozen.splice(0)) snapshot.release()
  }
}

const EVERYTHING = range('', '\xff\xff\xff\xff\xff')

async function contentOf(reader: Reader): Promise<string[][]> {
  return (await reader.scan(EVERYTHING, { limit: 1000 })).map(textsOf)
}

function contentOfModel(model: Model): string[][] {
  return [...model].sort(([a], [b]) => compareBytes(bytes(a), bytes(b)))
}

function scanModel(model: Model, start: string, end: string, options: ScanOptions): string[][] {
  const within = contentOfModel(model).filter(([key]) => key! >= start && key! < end)
  if (options.reverse) within.reverse()
  return within
    .slice(0, options.limit)
    .map(([key, value]) => [key!, options.keysOnly ? '' : value!])
}

/** One character, one byte: text order is byte order. */
function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

function textOf(value: Uint8Array | undefined): string | undefined {
  return value && Buffer.from(value).toString('latin1')
}

function textsOf({ key, value }: { key: Uint8Array; value: Uint8Array }): string[] {
  return [textOf(key)!, textOf(value)!]
}

function mutation(key: string, value: string | undefined): Mutation {
  return { key: bytes(key), value: value === undefined ? undefined : bytes(value) }
}

function put(key: string, value: string): Mutation {
  return mutation(key, value)
}

function drop(key: string): Mutation {
  return mutation(key, undefined)
}

function range(start: string, end: string): KeyRange {
  return { start: bytes(start), end: bytes(end) }
}
