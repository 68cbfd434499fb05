/**
 * The suites, run where every official address is this machine (see official-addresses.ts).
 *
 * The only argument is JSON: which part to run, and the tools that it needs.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalServer } from '../support/local-server.ts'
import type { LocalServer } from '../support/local-server.ts'
import type { Access } from '../support/oss-request.ts'
import { countsLine, sumCounts } from '../support/test-counts.ts'
import type { Counts } from '../support/test-counts.ts'
import { runBrowserSuite } from './browser/browser-suite.ts'
import { mustHaveCalledAll, oss2MustHaveCalled } from './called-operations.ts'
import { runCases } from './cases.ts'
import { startNameServer } from './official-addresses.ts'
import { startOpenInternet } from './open-internet.ts'
import { ossutilCases } from './ossutil-cases.ts'
import { Ossutil } from './ossutil.ts'
import type { SignVersion } from './ossutil.ts'
import { pastedLineCase } from './pasted-line.ts'
import { realThingCases } from './real-thing.ts'
import type { GoSdkTests } from './go-tools.ts'
import type { Oss2Tools } from './python-tools.ts'
import { runS3Suite } from './s3/s3-suite.ts'
import type { S3Programs } from './s3/s3-suite.ts'
import { sdkCases } from './sdk-cases.ts'
import { runSdkSuites } from './sdk-suites.ts'
import { cacheFolder } from './tools-cache.ts'

/** What a part needs; what another part needs is not there. */
export interface SuiteTools {
  readonly part: string
  /** ossutil. */
  readonly binary: string
  /** A folder of real files. */
  readonly goSources: string
  /** The path of the browser. */
  readonly chromium?: string
  readonly oss2?: Oss2Tools
  readonly goSdk?: GoSdkTests
  readonly s3?: S3Programs
}

const root = join(import.meta.dirname, '..', '..')
const PORT = 80
const FILE_SYSTEM_ENTRIES = 10_000
const FREE_BYTES_MIN = 12 * 1024 ** 3

async function main(argument: string): Promise<Counts> {
  const { part, binary, goSources, chromium, oss2, goSdk, s3 } = JSON.parse(argument) as SuiteTools
  const isAsked = (suite: string) => ['gate', suite].includes(part)
  const folder = mkdtempSync(join(roomyFolder(), 'granary-conformance-'))
  const stopNames = await startNameServer()
  const stopInternet = await startOpenInternet()
  let server: LocalServer | undefined
  const start = async () =>
    (server = await startLocalServer({
      ...{ data: join(folder, 'data'), port: PORT, args: ['--domain', 'aliyuncs.com'] },
      // All of the internet that there is here is on this machine.
      environment: { GRANARY_CALLBACK_PRIVATE: '1' },
    }))
  try {
    const counts: Counts[] = []
    const first = await start()
    if (isAsked('c2')) counts.push(await runC2(binary, folder, first))
    if (chromium !== undefined) {
      const options = { access: official(first.access), dataFolder: join(folder, 'data') }
      const counts5 = await runBrowserSuite({
        ...options,
        chromium,
        folder: join(folder, 'browser'),
      })
      counts.push(report('browser', counts5))
    }
    if (oss2 !== undefined || goSdk !== undefined) {
      const options = { dataFolder: join(folder, 'data'), folder: join(folder, 'sdks') }
      counts.push(await runSdkSuites({ ...options, server: first, oss2, goSdk }))
      const accessLog = join(folder, 'data', 'log', 'access.log')
      const called = { name: 'what oss2 calls alone', run: () => oss2MustHaveCalled(accessLog) }
      if (oss2 !== undefined) counts.push(await runCases('access log', [called]))
    }
    if (s3 !== undefined) {
      const byHost = official(first.access)
      const byPath = { ...first.access, endpoint: 'http://127.0.0.1' }
      const sources = join(root, 'storage-node', 'src', 'wire')
      counts.push(
        await runS3Suite({ byPath, byHost, programs: s3, folder: join(folder, 's3'), sources }),
      )
    }
    if (isAsked('real')) {
      const options = {
        tool: new Ossutil(binary, join(folder, 'real', 'tool'), official(first.access), 'v4'),
        folder: join(folder, 'real'),
        sources: [join(root, 'node_modules'), goSources],
        server: first,
        restart: start,
      }
      counts.push(report('the real thing', await runCases('real', realThingCases(options))))
    }
    const ends = { name: 'SIGTERM ends it in order', run: () => stop(server ?? first) }
    counts.push(await runCases('server', [ends]))
    return sumCounts(counts)
  } finally {
    await server?.end('SIGKILL')
    stopInternet()
    stopNames()
    rmSync(folder, { recursive: true })
  }
}

async function runC2(binary: string, folder: string, server: LocalServer): Promise<Counts> {
  const access = official(server.access)
  const counts: Counts[] = []
  for (const sign of ['v1', 'v4'] as const satisfies readonly SignVersion[]) {
    const own = join(folder, sign)
    mkdirSync(own)
    const tool = new Ossutil(binary, join(own, 'tool'), access, sign)
    const wrong = { ...access, accessKeySecret: 'wrong' }
    const stranger = new Ossutil(binary, join(own, 'stranger'), wrong, sign)
    const sources = join(root, 'storage-node', 'src')
    const bucket = `conformance-${sign}`
    const cases = ossutilCases({
      tool,
      stranger,
      access: server.access,
      bucket,
      folder: own,
      sources,
    })
    counts.push(report(`ossutil ${sign}`, await runCases(`ossutil ${sign}`, cases)))
  }
  const accessLog = join(folder, 'data', 'log', 'access.log')
  const calledAll = { name: 'every operation', run: () => mustHaveCalledAll(accessLog) }
  counts.push(await runCases('pasted', [pastedLineCase(binary, join(folder, 'pasted'))]))
  counts.push(await runCases('ali-oss', sdkCases(access, 'conformance-sdk', FILE_SYSTEM_ENTRIES)))
  counts.push(await runCases('access log', [calledAll]))
  return sumCounts(counts)
}

function official(access: Access): Access {
  return { ...access, endpoint: `http://oss-${access.region}.aliyuncs.com` }
}

async function stop(server: LocalServer): Promise<void> {
  const { code, signal } = await server.end('SIGTERM')
  if (code !== 0)
    throw new Error(`The server ended with ${code ?? signal}\n${server.output.stderr.slice(-2000)}`)
}

function report(suite: string, counts: Counts): Counts {
  console.log(`${suite}: ${countsLine(counts)}`)
  return counts
}

function roomyFolder(): string {
  const free = (folder: string) => {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  }
  return free(tmpdir()) >= FREE_BYTES_MIN ? tmpdir() : cacheFolder()
}

main(process.argv[2] ?? '{}').then(
  (counts) => {
    console.log(countsLine(counts))
    process.exit(counts.failed === 0 ? 0 : 1)
  },
  (error: unknown) => {
    console.log(error)
    process.exit(2)
  },
)
