import { join } from 'node:path'
import { createHash } from 'node:crypto'
import type { BodyHashers } from './body-hasher.ts'
import { inlineBodyHashers } from './body-hasher.ts'
import { openChecksums } from './checksums.ts'
import { HashThreads } from './hash-threads.ts'
import { SLAB_BYTES } from './slabs.ts'

const threads = new HashThreads(join(__dirname, '..', 'hash-thread.ts'), 2, (cause) => {
  throw cause
})
afterAll(() => threads.stop())

const implementations: [string, () => Promise<BodyHashers>][] = [
  ['threads', () => Promise.resolve(threads)],
  ['inline', async () => inlineBodyHashers(await openChecksums())],
]

describe.each(implementations)('%s', (_name, open) => {
  test('the check value of CRC-64/XZ and the MD5 come out, however the body is cut', async () => {
    const hasher = (await open()).open()
    await hasher.update(Buffer.from('1234'))
    await hasher.update(Buffer.from(''))
    await hasher.update(Buffer.from('56789'))
    const { md5, crc64 } = await hasher.finish()
    expect(Buffer.from(md5).toString('hex')).toBe('25f9e794323b453885f5181f1b624d0b')
    expect(crc64).toBe(11051210869376104954n)
  })

  test('an empty body has checksums too', async () => {
    const { md5, crc64 } = await (await open()).open().finish()
    expect(Buffer.from(md5).toString('hex')).toBe('d41d8cd98f00b204e9800998ecf8427e')
    expect(crc64).toBe(0n)
  })

  test('bodies that are hashed at once do not mix, abandoned ones do not disturb', async () => {
    const hashers = await open()
    const abandoned = hashers.open()
    const last = abandoned.update(slabOf(9, 100))
    abandoned.abandon()
    const bodies = await Promise.all(
      Array.from({ length: 5 }, async (_, index) => {
        const hasher = hashers.open()
        await Promise.all([0, 1, 2].map((turn) => hasher.update(slabOf(index + turn, SLAB_BYTES))))
        return (await hasher.finish()).md5
      }),
    )
    await last
    bodies.forEach((md5, index) => {
      const expected = createHash('md5')
      for (const turn of [0, 1, 2]) expected.update(slabOf(index + turn, SLAB_BYTES))
      expect(Buffer.from(md5)).toEqual(expected.digest())
    })
  })

  test('sections have their SHA-256, wherever the bytes are cut', async () => {
    const [bytes, marks] = [slabOf(7, 1000), [0, 100, 100, 450, 600, 1000]]
    const expected = [100, 350, 400].map((size) =>
      createHash('sha256').update(slabOf(7, size)).digest('hex'),
    )
    for (const cut of [0, 50, 100, 500, 600, 1000]) {
      const hasher = (await open()).openSections()
      const [before, behind] = [marks.filter((mark) => mark <= cut), marks.filter((m) => m > cut)]
      const hashes = await Promise.all([
        hasher.update(bytes.subarray(0, cut), before),
        hasher.update(
          bytes.subarray(cut),
          behind.map((mark) => mark - cut),
        ),
      ])
      hasher.close()
      expect(hashes.flat()).toEqual(expected)
    }
  })

  test('bytes may be overwritten as soon as their update has resolved', async () => {
    const hasher = (await open()).open()
    const slab = slabOf(1, 1000)
    await hasher.update(slab)
    slab.fill(2)
    await hasher.update(slab)
    const { md5 } = await hasher.finish()
    const expected = createHash('md5').update(slabOf(1, 1000)).update(slabOf(2, 1000))
    expect(Buffer.from(md5)).toEqual(expected.digest())
  })
})

function slabOf(value: number, sizeBytes: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(sizeBytes)).fill(value)
}
