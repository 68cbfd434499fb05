/**
 * Kills the real server in the middle of its work, again and again, and looks at what it serves afterwards.
 *
 * @module
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LocalServer, LocalServerOptions } from '../support/local-server.ts'
import { startLocalServer } from '../support/local-server.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import { History } from './history.ts'
import { goOnWriting, lookAtEverything } from './life.ts'
import { ossRegion } from './oss-region.ts'
import type { LocalRegion } from './region.ts'
import { SeededRandom } from './seeded-random.ts'
import type { Survey } from './survey.ts'

export interface KillRunResult {
  readonly killCount: number
  readonly acknowledgedCount: number
  readonly violations: Survey['violations']
}

/** More than a round ever gets to. */
const OPERATIONS_PER_ROUND_MAX = 6_000
/** Of the server's log, for whoever has to understand a failure. */
const LOG_LINE_COUNT = 20
const KILL_AFTER_MS_MIN = 5
const KILL_AFTER_MS_MAX = 1_200

/** Runs `killCount` rounds on one data directory; stops at the first violation. */
export async function runKills(
  killCount: number,
  seed: number,
  zones = '1',
): Promise<KillRunResult> {
  const random = new SeededRandom(seed)
  const folder = mkdtempSync(join(tmpdir(), 'granary-kills-'))
  const options = { data: folder, args: ['--zones', zones] }
  const notes: string[] = []
  try {
    let violations: Survey['violations'] = []
    let round = 0
    for (; round < killCount && violations.length === 0; round++) {
      violations = await runRound(options, notes, random)
    }
    if (violations.length === 0) violations = await lookOnce(options, notes, random)
    const { acknowledgedCount } = History.from(notes)
    return { killCount: round, acknowledgedCount, violations }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runRound(options: LocalServerOptions, notes: string[], random: SeededRandom) {
  return withServer(options, async (server, region) => {
    const life = lifeOptions(notes, random)
    const { found, violations } = await lookAtEverything(region, life)
    if (violations.length > 0) return violations
    const delayMs = random.between(KILL_AFTER_MS_MIN, KILL_AFTER_MS_MAX)
    const killed = new Promise((resolve) => setTimeout(resolve, delayMs)).then(() =>
      server.end('SIGKILL'),
    )
    // Every writer ends with the connection that it loses.
    const failure = await goOnWriting(region, found, life).then(
      () => undefined,
      (error: unknown) => error,
    )
    await killed
    if (!isConnectionLoss(failure))
      throw new Error('A request failed before the kill', { cause: failure })
    return []
  })
}

async function lookOnce(options: LocalServerOptions, notes: string[], random: SeededRandom) {
  return withServer(options, async (_, region) => {
    return (await lookAtEverything(region, lifeOptions(notes, random))).violations
  })
}

function lifeOptions(notes: string[], random: SeededRandom) {
  return {
    random,
    operationCount: OPERATIONS_PER_ROUND_MAX,
    largeShare: 0.03,
    notes: [...notes],
    takeNote: (note: string) => void notes.push(note),
  }
}

async function withServer<T>(
  options: LocalServerOptions,
  use: (server: LocalServer, region: LocalRegion) => Promise<T>,
): Promise<T> {
  const server = await startLocalServer(options)
  const agent = new Agent({ keepAlive: true })
  try {
    return await use(server, remoteRegion(server, agent))
  } catch (cause) {
    throw new Error(`The server failed\n${logTail(server)}`, { cause })
  } finally {
    agent.destroy()
    await server.end('SIGKILL')
  }
}

function logTail({ output }: LocalServer): string {
  return output.stderr.split('\n').slice(-LOG_LINE_COUNT).join('\n')
}

/** The server checkpoints and compacts when it sees fit. */
function remoteRegion(server: LocalServer, agent: Agent): LocalRegion {
  const region = ossRegion((request) => sendOssRequest(server.access, { ...request, agent }))
  const nothing = () => Promise.resolve()
  return { ...region, checkpoint: nothing, compact: nothing, close: nothing }
}

function isConnectionLoss(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? ''
  return ['ECONNRESET', 'ECONNREFUSED', 'EPIPE'].includes(code)
}
