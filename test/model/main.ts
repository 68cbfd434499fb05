/**
 * `npm run model -- walk|bfs|live|dir REPLICAS BUG QUORUM COUNT [DEPTH] [SEED] [OPTION...]`: the model on demand.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { bugNames } from './bugs.ts'
import type { Bug } from './bugs.ts'
import { recover } from './liveness.ts'
import { parseSchedule, runSchedule, schedules } from './schedules.ts'
import { search } from './search.ts'
import { modelSettings } from './settings.ts'
import type { ModelSettings } from './settings.ts'
import { walk } from './walk.ts'

const USAGE = `Usage: npm run model -- walk REPLICAS BUG maj|all WALKS [DEPTH] [SEED] [OPTION...]
       npm run model -- bfs REPLICAS BUG maj|all STATES
       npm run model -- live REPLICAS BUG maj|all RUNS [SEED] [--dead 1]
       npm run model -- dir REPLICAS BUG maj|all [SCHEDULE]
Options: --epochs N --writes N --crashes N --changes N --activations N --zones 012
         --reads lease|strict --applies later|now --promises first|last
BUG: none ${bugNames.join(' ')}`

const SEEDS_APART = 1_000_003

interface Request {
  readonly settings: ModelSettings
  readonly count: number
  /** What is left of the arguments. */
  readonly rest: readonly string[]
  readonly dead: 0 | 1
}

function main(args: readonly string[]): boolean {
  const { mode, request } = parse(args)
  switch (mode) {
    case 'walk':
      return runWalks(request)
    case 'bfs':
      return runSearch(request)
    case 'live':
      return runLiveness(request)
    case 'dir':
      return runDirected(request)
    default:
      throw new Error(USAGE)
  }
}

function parse(args: readonly string[]): { mode: string; request: Request } {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      epochs: text,
      writes: text,
      crashes: text,
      changes: text,
      activations: text,
      zones: text,
      reads: text,
      applies: text,
      promises: text,
      dead: text,
    },
  })
  const [mode = '', replicas = '3', bug = 'none', quorum = 'maj', ...rest] = positionals
  if (bug !== 'none' && !(bugNames as string[]).includes(bug)) throw new Error(USAGE)
  const bounds = {
    ...numberOf('epochMax', mode === 'live' ? (values.epochs ?? '40') : values.epochs),
    ...numberOf('writeMax', values.writes),
    ...numberOf('crashMax', values.crashes),
    ...numberOf('changeMax', values.changes),
    ...numberOf('activationMax', values.activations),
  }
  const settings = modelSettings({
    replicaCount: Number(replicas),
    bug: bug as Bug | 'none',
    quorum: quorum === 'all' ? 'all' : 'majority',
    reads: values.reads === 'strict' ? 'strict' : 'lease',
    applies: values.applies === 'now' ? 'at once' : 'later',
    candidatePromises: values.promises === 'first' ? 'first' : 'last',
    ...(values.zones === undefined ? {} : { zones: [...values.zones].map(Number) }),
    ...bounds,
  })
  const dead = values.dead === '1' ? 1 : 0
  return { mode, request: { settings, count: Number(rest[0] ?? 1_000), rest, dead } }
}

function numberOf(name: string, text: string | undefined): Partial<ModelSettings> {
  return text === undefined ? {} : { [name]: Number(text) }
}

function runWalks({ settings, count, rest }: Request): boolean {
  const depth = Number(rest[1] ?? 80)
  const firstSeed = Number(rest[2] ?? 1) * SEEDS_APART
  const startMs = Date.now()
  const sums = { steps: 0, writes: 0, epochs: 0 }
  for (let index = 0; index < count; index++) {
    const { world, stepCount, violation } = walk(settings, firstSeed + index, depth)
    sums.steps += stepCount
    sums.writes += world.writes
    sums.epochs += world.configuration.epoch
    if (violation === undefined) continue
    console.log(
      `violation=${violation.violation} walk=${index} steps=${violation.steps.join(', ')}`,
    )
    return false
  }
  const seconds = (Date.now() - startMs) / 1e3
  const mean = (sum: number) => (sum / count).toFixed(2)
  console.log(
    `walks=${count} steps=${sums.steps} violations=0 writes=${mean(sums.writes)} ` +
      `epochs=${mean(sums.epochs)} seconds=${seconds.toFixed(0)}`,
  )
  return true
}

function runSearch({ settings, count }: Request): boolean {
  const result = search(settings, count, (depth, states) =>
    console.log(`depth=${depth} states=${states}`),
  )
  const { stateCount, depth, isComplete, violation } = result
  console.log(
    `states=${stateCount} depth=${depth} complete=${isComplete} violation=${violation ?? 'none'}`,
  )
  return violation === undefined
}

function runLiveness({ settings, count, rest, dead }: Request): boolean {
  const counts = { recovered: 0, void: 0, stuck: 0, violated: 0 }
  let stepSum = 0
  for (let index = 0; index < count; index++) {
    const end = recover(settings, Number(rest[1] ?? 1) * SEEDS_APART + index, dead)
    counts[end.kind]++
    if (end.kind === 'recovered') stepSum += end.stepCount
    if (end.kind === 'stuck' || end.kind === 'violated')
      console.log(`${end.kind}: ${end.what}\n  ${end.steps.join(', ')}`)
  }
  const mean = (stepSum / Math.max(1, counts.recovered)).toFixed(1)
  console.log(
    `recovered=${counts.recovered} void=${counts.void} stuck=${counts.stuck} ` +
      `violated=${counts.violated} steps=${mean}`,
  )
  return counts.stuck + counts.violated === 0
}

function runDirected({ settings, rest }: Request): boolean {
  const known = settings.bug in schedules ? schedules[settings.bug as keyof typeof schedules] : ''
  const end = runSchedule(settings, parseSchedule(rest.join(' ') || known))
  console.log(JSON.stringify(end))
  return end.kind !== 'violated'
}

process.exitCode = main(process.argv.slice(2)) ? 0 : 1
