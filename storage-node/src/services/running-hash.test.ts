import { md5 } from '../base/checksums.ts'
import { toHex } from '../base/bytes.ts'
import { upload } from '../model/decide-fixtures.ts'
import { emptyHash } from '../model/object.ts'
import type { RunningHash } from '../model/object.ts'
import type { BodySource } from './body.ts'
import { startRunningHash } from './running-hash.ts'

const sequential = (running: RunningHash | undefined, partCount = 0) =>
  upload({ isSequential: true, running, partCount })

function bodyOf(...pieces: string[]): BodySource {
  return {
    ...{ lengthBytes: 9, givesPiecesAway: true },
    async read(take) {
      for (const piece of pieces) await take(Buffer.from(piece))
    },
  }
}

/** The part is read by somebody who wipes what was given away. */
async function hashed(running: RunningHash, partCount: number, body: BodySource) {
  const hash = await startRunningHash(sequential(running, partCount), partCount + 1)
  if (hash === undefined) throw new Error('the part comes next')
  const read = hash.listenTo(body)
  expect(read).toMatchObject({ lengthBytes: body.lengthBytes, givesPiecesAway: true })
  await read.read((piece) => {
    piece.fill(0)
    return undefined
  })
  return hash.step()
}

test('parts are hashed one behind the other, before their pieces are given away', async () => {
  const first = await hashed(emptyHash, 0, bodyOf('one ', 'two '))
  expect(first.before).toBe(emptyHash.md5)
  expect(first.after.md5).toBe(toHex(md5(Buffer.from('one two '))))
  const second = await hashed(first.after, 1, bodyOf('three'))
  expect(second.before).toBe(first.after.md5)
  expect(second.after.md5).toBe(toHex(md5(Buffer.from('one two three'))))
  const empty = await hashed(second.after, 2, bodyOf())
  expect(empty.after.md5).toBe(second.after.md5)
})

test.each([
  ['the upload is not sequential', upload({ running: emptyHash }), 1],
  ['the hash was given up', sequential(undefined), 1],
  ['the part does not come next', sequential(emptyHash, 1), 1],
  ['the part comes too early', sequential(emptyHash, 1), 3],
  ['its state is of another version', sequential({ ...emptyHash, state: Buffer.alloc(156) }), 1],
])('nothing is hashed when %s', async (_name, found, partNumber) => {
  expect(await startRunningHash(found, partNumber)).toBeUndefined()
})
