import { blockOf, blocksIn } from './contents.ts'

test('blocks are told from their bytes, alone and behind one another', () => {
  const bytes = Buffer.concat([blockOf(1, 8), blockOf(77, 5000), blockOf(2, 17)])
  expect(blocksIn(bytes)).toEqual([1, 77, 2])
  expect(blocksIn(new Uint8Array())).toEqual([])
})

test('whatever nobody wrote is seen', () => {
  const whole = Buffer.concat([blockOf(1, 100), blockOf(2, 200)])
  for (const wrong of [whole.subarray(0, 250), whole.subarray(1), Buffer.alloc(100)]) {
    expect(blocksIn(wrong)).toBeUndefined()
  }
  for (let at = 0; at < whole.byteLength; at++) {
    const flipped = Buffer.from(whole)
    flipped[at] = (flipped[at] ?? 0) ^ 1
    expect(blocksIn(flipped)).not.toEqual([1, 2])
  }
})
