import { makeDurableDirectory, removeIfPresent, replaceFile } from './durable-files.ts'
import { readWholeFile } from './files.ts'
import { seededRandom } from './seeded-random.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const SEEDS = Array.from({ length: 60 }, (_, seed) => seed)

test('a directory is durable with all its parents, also when a killed process had made them', async () => {
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(seededRandom(seed))
    if (seed % 2 === 0) {
      await disk.files.makeDirectory('/a/b')
      disk.kill()
    }
    await makeDurableDirectory(disk.files, '/a/b/c')
    disk.crash()
    expect(await disk.files.list('/a/b/c')).toEqual([])
  }
})

test('a replaced file is the old or the new one after any crash, and the new one once it is done', async () => {
  const seen = new Set<string>()
  for (const seed of SEEDS) {
    const disk = new SimulatedDisk(seededRandom(seed))
    await replaceFile(disk.files, '/a', Buffer.from('old'))
    const died = disk.crashAfter(seed % 9)
    const done = await Promise.race([
      replaceFile(disk.files, '/a', Buffer.from('new')).then(() => true),
      died.then(() => false),
    ])
    disk.crash()
    const text = Buffer.from(await readWholeFile(disk.files, '/a')).toString()
    expect(done ? ['new'] : ['old', 'new']).toContain(text)
    seen.add(`${done} ${text}`)
    // What the crash left of it is no obstacle.
    await replaceFile(disk.files, '/a', Buffer.from('next'))
  }
  expect([...seen].sort()).toEqual(['false new', 'false old', 'true new'])
})

test('a file that is not there is removed without an error, other errors are told', async () => {
  const { files } = new SimulatedDisk(seededRandom(1))
  await removeIfPresent(files, '/a')
  await files.makeDirectory('/a')
  await expect(removeIfPresent(files, '/a')).rejects.toMatchObject({ code: 'EISDIR' })
})
