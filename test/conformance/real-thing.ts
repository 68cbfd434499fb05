/**
 * The real thing: a tree of real files and one of 2 GiB go up with `ossutil cp -r` while the server is killed twice,
 * come down again, and every byte and every count is compared.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, realpathSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalServer } from '../support/local-server.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Case } from './cases.ts'
import { compareTrees, hashTree, writeNoise } from './file-trees.ts'
import type { HashedFile } from './file-trees.ts'
import { lastLines } from './command-tool.ts'
import type { Running } from './command-tool.ts'
import type { Ossutil } from './ossutil.ts'

const FILE_COUNT_MIN = 20_000
const LARGE_FILE_BYTES = 2 * 1024 ** 3
/** Sorts first, so that its parts are on their way when the server is killed. */
const LARGE_FILE = '0-large.bin'
/** Share of the objects that are there when the server is killed: early enough to meet the large file. */
const FIRST_KILL_SHARE = 0.05
const SECOND_KILL_SHARE = 0.6
const POLL_MS = 100
const BUCKET = 'the-real-thing'

/** What it works with. */
export interface RealThingOptions {
  readonly tool: Ossutil
  readonly folder: string
  /** Folders of real files. */
  readonly sources: readonly string[]
  /** The running server; replaced by the one that `restart` starts. */
  server: LocalServer
  restart(): Promise<LocalServer>
}

interface Tree {
  readonly folder: string
  readonly files: Map<string, HashedFile>
  readonly bytes: number
}

/** Returns the cases in the order in which they must run. */
export function realThingCases(options: RealThingOptions): Case[] {
  const folder = join(options.folder, 'tree')
  const state: { tree: Tree; copying?: Running } = { tree: { folder, files: new Map(), bytes: 0 } }
  const first = async () => {
    state.tree = await makeTree(options, folder)
    return `${state.tree.files.size} files, ${mib(state.tree.bytes)} MiB`
  }
  return [
    { name: `a tree of at least ${FILE_COUNT_MIN} files and one of 2 GiB`, run: first },
    { name: 'killed on the way, the copy stops', run: () => killAndStop(options, state.tree) },
    {
      name: 'resumed, killed again, the copy goes on by itself',
      run: () => killAndGoOn(options, state.tree),
    },
    { name: 'resumed until nothing is left', run: () => copyTheRest(options, state.tree) },
    {
      name: 'du and GetBucketStat agree with the tree',
      run: () => compareCounts(options, state.tree),
    },
    { name: 'everything comes back byte for byte', run: () => download(options, state.tree) },
  ]
}

const mib = (bytes: number) => Math.round(bytes / 1024 ** 2)

async function makeTree({ sources }: RealThingOptions, folder: string): Promise<Tree> {
  mkdirSync(folder, { recursive: true })
  await writeNoise(join(folder, LARGE_FILE), LARGE_FILE_BYTES, 'two gibibytes')
  for (const [index, source] of sources.entries()) {
    execFileSync('cp', [
      '-a',
      '--reflink=auto',
      `${realpathSync(source)}/.`,
      join(folder, `source-${index}`),
    ])
    // ossutil follows links to files and leaves out links to folders: the tree has neither.
    execFileSync('find', [folder, '-type', 'l', '-delete'])
  }
  const files = await hashTree(folder)
  if (files.size < FILE_COUNT_MIN) throw new Error(`There are only ${files.size} files`)
  return {
    folder,
    files,
    bytes: [...files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
}

function startCopy({ tool, folder }: RealThingOptions, tree: Tree): Running {
  const resumable = ['--update', '-f', '--checkpoint-dir', join(folder, 'checkpoint')]
  return tool.start(
    'cp',
    '-r',
    tree.folder,
    `oss://${BUCKET}/`,
    '-j',
    '6',
    '--parallel',
    '2',
    ...resumable,
  )
}

/** The server dies while parts of the large file arrive, and stays away: the copy is ended, as a user would. */
async function killAndStop(options: RealThingOptions, tree: Tree): Promise<string> {
  await options.tool.run('mb', `oss://${BUCKET}`)
  const copying = startCopy(options, tree)
  const before = await waitForObjects(options, copying, tree.files.size * FIRST_KILL_SHARE)
  await options.server.end('SIGKILL')
  copying.kill('SIGTERM')
  await copying.outcome
  options.server = await options.restart()
  const after = await bucketStat(options)
  if (before.uploads !== 1 || after.uploads !== 1) {
    throw new Error(
      `The large file was not on its way: ${before.uploads}, ${after.uploads} uploads`,
    )
  }
  return notLess(before, after)
}

/** The server dies and comes back: the copy retries. */
async function killAndGoOn(options: RealThingOptions, tree: Tree): Promise<string> {
  const copying = startCopy(options, tree)
  const before = await waitForObjects(options, copying, tree.files.size * SECOND_KILL_SHARE)
  await options.server.end('SIGKILL')
  options.server = await options.restart()
  const note = notLess(before, await bucketStat(options))
  const { code } = await copying.outcome
  return `${note}; the copy ended with ${code}`
}

function notLess(before: BucketStat, after: BucketStat): string {
  const counts = `${before.objects} objects before the kill, ${after.objects} after the restart`
  if (after.objects < before.objects) throw new Error(counts)
  return counts
}

async function copyTheRest(options: RealThingOptions, tree: Tree): Promise<string> {
  const { code, output } = await startCopy(options, tree).outcome
  if (code !== 0) throw new Error(`The copy ended with ${code}\n${lastLines(output)}`)
  return /Succeed:.*/.exec(lastLines(output))?.[0] ?? ''
}

async function waitForObjects(
  options: RealThingOptions,
  copying: Running,
  count: number,
): Promise<BucketStat> {
  let ended: string | undefined
  void copying.outcome.then(({ code, output }) => {
    ended = `The copy ended with ${code}\n${lastLines(output)}`
  })
  for (;;) {
    const stat = await bucketStat(options)
    if (stat.objects >= count) return stat
    if (ended !== undefined) throw new Error(ended)
    await new Promise((wake) => setTimeout(wake, POLL_MS))
  }
}

interface BucketStat {
  readonly objects: number
  readonly bytes: number
  readonly uploads: number
}

async function bucketStat({ server }: RealThingOptions): Promise<BucketStat> {
  const query = { stat: '' }
  const answer = await sendOssRequest(server.access, { method: 'GET', bucket: BUCKET, query })
  const document = answer.body.toString()
  const read = (name: string) => Number(new RegExp(`<${name}>(\\d+)</${name}>`).exec(document)?.[1])
  if (answer.status !== 200) {
    throw new Error(`GetBucketStat answered ${answer.status}: ${document}`)
  }
  return {
    objects: read('ObjectCount'),
    bytes: read('Storage'),
    uploads: read('MultipartUploadCount'),
  }
}

async function compareCounts(options: RealThingOptions, tree: Tree): Promise<string> {
  const du = await options.tool.run('du', `oss://${BUCKET}`)
  const duObjects = Number(/total object count: (\d+)/.exec(du)?.[1])
  const duBytes = Number(/total object sum size: (\d+)/.exec(du)?.[1])
  const stat = await bucketStat(options)
  const listed = await options.tool.run('ls', `oss://${BUCKET}`, '-s')
  // A folder goes up as an object of no bytes whose key ends in a slash.
  const folders = listed
    .split('\n')
    .filter((line) => line.startsWith('oss://') && line.endsWith('/')).length
  const found = `du ${duObjects} objects, ${duBytes} bytes; stat ${stat.objects} objects, ${stat.bytes} bytes, ${stat.uploads} uploads`
  const wanted = tree.files.size + folders
  const agree =
    [duObjects, stat.objects].every((count) => count === wanted) &&
    [duBytes, stat.bytes].every((bytes) => bytes === tree.bytes)
  if (!agree)
    throw new Error(
      `${found}; the tree has ${wanted} objects (${folders} folders), ${tree.bytes} bytes`,
    )
  return found
}

async function download(options: RealThingOptions, tree: Tree): Promise<string> {
  const target = join(options.folder, 'down')
  const startedMs = performance.now()
  await options.tool.run('cp', '-r', `oss://${BUCKET}/`, target, '-j', '6', '-f')
  const seconds = (performance.now() - startedMs) / 1000
  compareTrees(tree.files, await hashTree(target))
  rmSync(target, { recursive: true })
  return `${tree.files.size} files in ${seconds.toFixed(0)} s, ${(mib(tree.bytes) / seconds).toFixed(0)} MiB/s`
}
