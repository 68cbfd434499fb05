import { randomBytes } from 'node:crypto'
import { md5 } from './checksums.ts'
import { continueMd5 } from './running-md5.ts'

const NOTHING = new Uint8Array()
/** Rows and messages have room for some more. */
const STATE_BYTES = 156

async function running(state: Uint8Array) {
  const hash = await continueMd5(state)
  if (hash === undefined) throw new Error('the state is known')
  return hash
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

test('nothing comes to the MD5 of no bytes', async () => {
  expect(hex((await running(NOTHING)).sum().md5)).toBe('d41d8cd98f00b204e9800998ecf8427e')
})

test('a hash goes on where another one stopped, in the middle of a block, too', async () => {
  const bytes = randomBytes(100_000)
  let state = NOTHING
  let at = 0
  for (const end of [0, 1, 63, 64, 65, 40_000, 100_000]) {
    const hash = await running(state)
    hash.update(bytes.subarray(at, end))
    const sum = hash.sum()
    expect(hex(sum.md5)).toBe(hex(md5(bytes.subarray(0, end))))
    expect(sum.state).toHaveLength(STATE_BYTES)
    // What is kept is a copy that nobody writes to again.
    state = Uint8Array.from(sum.state)
    hash.update(bytes)
    expect(sum.state).toEqual(state)
    at = end
  }
})

test('hashes that are fed by turns do not meet', async () => {
  const [a, b] = [await running(NOTHING), await running(NOTHING)]
  for (const text of ['one', 'two', 'three']) {
    a.update(Buffer.from(text))
    b.update(Buffer.from(text.toUpperCase()))
  }
  expect(hex(a.sum().md5)).toBe(hex(md5(Buffer.from('onetwothree'))))
  expect(hex(b.sum().md5)).toBe(hex(md5(Buffer.from('ONETWOTHREE'))))
})

test('what is no state, or that of another version, is not gone on with', async () => {
  const { state } = (await running(NOTHING)).sum()
  const ofOther = Uint8Array.from(state)
  ofOther[0] = (ofOther[0] ?? 0) ^ 1
  for (const unknown of [ofOther, state.subarray(1), Buffer.alloc(2000, 7)]) {
    expect(await continueMd5(unknown)).toBeUndefined()
  }
  expect(await continueMd5(state)).toBeDefined()
})
