import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeFiles } from './files.compliance.ts'
import { nodeFiles } from './files.ts'
import { seededRandom } from './seeded-random.ts'
import { SimulatedDisk } from './simulated-disk.ts'

const made: string[] = []
afterAll(async () => {
  for (const directory of made) await rm(directory, { recursive: true })
})

describeFiles('the machine', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'granary-files-'))
  made.push(directory)
  return [nodeFiles, directory]
})

describeFiles('the simulated disk', async () => {
  const { files } = new SimulatedDisk(seededRandom(1))
  await files.makeDirectory('/data')
  return [files, '/data']
})
