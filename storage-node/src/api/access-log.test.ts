import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import type { File, Files } from '../base/files.ts'
import { nodeFiles } from '../base/files.ts'
import type { Logger } from '../base/logger.ts'
import { silentLogger } from '../base/logger.ts'
import { ACCESS_LOG_SIZE_BYTES_MAX, AccessLog } from './access-log.ts'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'granary-log-'))
  path = join(directory, 'access.log')
})
afterEach(() => rm(directory, { recursive: true }))

const open = (files: Files = nodeFiles, logger: Logger = silentLogger) =>
  AccessLog.open(files, systemClock, logger, path)

test('lines arrive in order, and a later start goes on behind them', async () => {
  for (const name of ['a', 'b']) {
    const log = await open()
    log.add(`${name}1\n`)
    await log.flush()
    log.add(`${name}2\n`)
    await log.close()
  }
  expect(await readFile(path, 'utf8')).toBe('a1\na2\nb1\nb2\n')
})

test('a full file is set aside and one earlier file kept', async () => {
  await writeFile(path, 'old\n')
  const log = await open(nearlyFull(nodeFiles))
  log.add('new\n')
  await log.close()
  expect(await readFile(path, 'utf8')).toBe('new\n')
  expect(await readFile(`${path}.1`, 'utf8')).toBe('old\n')
})

test('what cannot be written is dropped, and said once', async () => {
  const complaints: string[] = []
  const logger = { ...silentLogger, warn: (message: string) => void complaints.push(message) }
  const log = await open(failing(nodeFiles), logger)
  for (const line of ['1\n', '2\n']) {
    log.add(line)
    await log.flush()
  }
  await log.close()
  expect(complaints).toEqual(['Cannot write the access log, lines are dropped'])
})

/** Says that every file it opens is all but full; what is made is empty. */
function nearlyFull(files: Files): Files {
  const opened = async (...args: Parameters<Files['open']>) => {
    const file = await files.open(...args)
    return changed(file, { sizeBytes: () => Promise.resolve(ACCESS_LOG_SIZE_BYTES_MAX - 1) })
  }
  return { ...files, open: opened }
}

function failing(files: Files): Files {
  const write = () => Promise.reject(new Error('ENOSPC'))
  return { ...files, open: async (...args) => changed(await files.open(...args), { write }) }
}

function changed(file: File, change: Partial<File>): File {
  return { ...file, ...change }
}
