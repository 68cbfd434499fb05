/**
 * A key ring is read at start and again when its file is replaced; a mistaken one changes nothing.
 *
 * @module
 */

import { ManualClock } from '../base/manual-clock.ts'
import { seededRandom } from '../base/seeded-random.ts'
import { SimulatedDisk } from '../base/simulated-disk.ts'
import { KeyRingFile } from './key-ring-file.ts'

const path = '/ring/keys.json'
const ringOf = (...ids: string[]) => {
  const key = Buffer.alloc(32, 1).toString('base64')
  return JSON.stringify({ keys: ids.map((id) => ({ id, key })) })
}

async function openDisk(text: string | undefined) {
  const { files } = new SimulatedDisk(seededRandom(1))
  const clock = new ManualClock(0)
  const told: string[] = []
  const tell = (message: string, fields?: object) =>
    void told.push(`${message} ${JSON.stringify(fields ?? {})}`)
  const logger = { info: tell, warn: tell, error: tell }
  const write = async (content: string) => {
    await files.remove(path).catch(() => undefined)
    const file = await files.open(path, 'create')
    await file.write([Buffer.from(content)], 0)
    await file.close()
  }
  await files.makeDirectory('/ring')
  if (text !== undefined) await write(text)
  const look = async () => {
    clock.advance(5_000)
    for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  }
  return { parts: { files, clock, logger, path }, write, look, told }
}

test('a ring that is replaced is taken, and a mistaken one is not', async () => {
  const { parts, write, look, told } = await openDisk(ringOf('k1'))
  const file = await KeyRingFile.open(parts)
  const idsNow = () => file.ring.keys.map(({ id }) => id)
  expect(idsNow()).toEqual(['k1'])
  await write(ringOf('k2', 'k1'))
  await look()
  expect(idsNow()).toEqual(['k2', 'k1'])
  await write('{"keys":[]}')
  await look()
  expect(idsNow()).toEqual(['k2', 'k1'])
  await write(ringOf('k3'))
  await look()
  expect(idsNow()).toEqual(['k3'])
  expect(told).toEqual([
    'A new key ring is taken {"keys":"k2 k1"}',
    `A new key ring is not taken {"why":"${path} holds no key ring: keys must be a list of 1 to 100 keys"}`,
    'A new key ring is taken {"keys":"k3"}',
  ])
  file.stop()
  await write(ringOf('k4'))
  await look()
  expect(idsNow()).toEqual(['k3'])
})

test.each([
  [undefined, `Cannot read ${path}`],
  ['x', `${path} holds no key ring: It must be JSON`],
])('a start without a ring fails: %s', async (text, message) => {
  const { parts } = await openDisk(text)
  await expect(KeyRingFile.open(parts)).rejects.toThrow(message)
})
