import { bodySourceOf } from './object-reader.ts'

test('a copy takes one piece after the other, however many are on their way', async () => {
  const pieces = ['one', 'two', 'three'].map((text) => Buffer.from(text))
  const stream = {
    lengthBytes: 11,
    send: async (send: (piece: Uint8Array) => Promise<void>) => {
      await Promise.all(pieces.map((piece) => send(piece)))
    },
  }
  const taken: string[] = []
  let underWay = 0
  await bodySourceOf(stream, new AbortController().signal).read(async (piece) => {
    expect(++underWay).toBe(1)
    await new Promise(setImmediate)
    taken.push(Buffer.from(piece).toString())
    underWay--
  })
  expect(taken).toEqual(['one', 'two', 'three'])
})
