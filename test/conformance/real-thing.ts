/**
 * The real thing: a tree of real files and one of 2 GiB go up with `ossutil cp -r` while the server is killed twice,
 * come down again, and every byte and every count is compared.
 *
 * @module
 */

import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalServer } from '../support/local-server.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import type { Case } from './cases.ts'
import { compareTrees, hashTree, writeNoise } from './file-trees.ts'
import type { HashedFile } from './file-trees.ts'
import { lastLines } from './ossutil.ts'
import type { Ossutil, Running } from './ossutil.ts'

const FILE_COUNT_MIN = 20_000
const LARGE_FILE_BYTES = 2 * 1024 ** 3
/** Sorts first, so that its parts are on their way when the server is killed. */
const LARGE_FILE = '0-large.bin'
const POLL_MS = 100
const BUCKET = 'the-real-thing'

/** What it works with. */
export interface RealThingOptions {
  readonly tool: Ossutil
  readonly folder: string
  /** Folders of real files, taken in turn until there are enough. */
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
  let files = new Map<string, HashedFile>()
  for (const [index, source] of sources.entries()) {
    cpSync(source, join(folder, `source-${index}`), {
      recursive: true,
      filter: (path) => !path.endsWith('/.bin') && !path.endsWith('/@granary'),
    })
    files = await hashTree(folder)
    if (files.size >= FILE_COUNT_MIN) break
  }
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

/** The server dies and stays away: the copy is ended, as a user would. */
async function killAndStop(options: RealThingOptions, tree: Tree): Promise<string> {
  await options.tool.run('mb', `oss://${BUCKET}`)
  const copying = startCopy(options, tree)
  const objects = await waitForObjects(options, copying, tree.files.size * 0.25)
  const uploads = await sendOssRequest(options.server.access, {
    method: 'GET',
    bucket: BUCKET,
    query: { uploads: '' },
  })
  await options.server.end('SIGKILL')
  copying.kill('SIGTERM')
  const { code } = await copying.outcome
  options.server = await options.restart()
  const unfinished = uploads.body.toString().split('<UploadId>').length - 1
  const after = await countObjects(options)
  if (after < objects)
    throw new Error(`${objects} objects were there before the kill, ${after} after it`)
  if (code === 0) throw new Error('The copy was complete before the server was killed')
  return `killed at ${objects} objects and ${unfinished} unfinished uploads, ${after} after the restart`
}

/** The server dies and comes back: the copy retries. */
async function killAndGoOn(options: RealThingOptions, tree: Tree): Promise<string> {
  const copying = startCopy(options, tree)
  const objects = await waitForObjects(options, copying, tree.files.size * 0.6)
  await options.server.end('SIGKILL')
  options.server = await options.restart()
  const after = await countObjects(options)
  if (after < objects)
    throw new Error(`${objects} objects were there before the kill, ${after} after it`)
  const { code } = await copying.outcome
  return `killed at ${objects} objects, ${after} after the restart; the copy ended with ${code}`
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
): Promise<number> {
  let ended: string | undefined
  void copying.outcome.then(
    ({ code, output }) => (ended = `The copy ended with ${code}\n${lastLines(output)}`),
  )
  for (;;) {
    const objects = await countObjects(options)
    if (objects >= count) return objects
    if (ended !== undefined) throw new Error(ended)
    await new Promise((wake) => setTimeout(wake, POLL_MS))
  }
}

async function countObjects(options: RealThingOptions): Promise<number> {
  return (await bucketStat(options)).objects
}

async function bucketStat({
  server,
}: RealThingOptions): Promise<{ objects: number; bytes: number; uploads: number }> {
  const answer = await sendOssRequest(server.access, {
    method: 'GET',
    bucket: BUCKET,
    query: { stat: '' },
  })
  const document = answer.body.toString()
  const read = (name: string) => Number(new RegExp(`<${name}>(\\d+)</${name}>`).exec(document)?.[1])
  if (answer.status !== 200) throw new Error(`GetBucketStat answered ${answer.status}: ${document}`)
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
