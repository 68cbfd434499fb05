/**
 * `npm run nemesis -- [--minutes 10] [--seed S] [--faults a,b]`: three zones of two storage nodes as
 * real processes, real clients, and every fault that this machine can do to them.
 *
 * Needs root. The last line is `N passed, N failed`: one for each fault, one for the history.
 *
 * @module
 */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { countsLine } from '../support/test-counts.ts'
import { ensureCommands } from './commands.ts'
import { faults } from './faults.ts'
import { NemesisRegion } from './nemesis-region.ts'
import { NemesisRun } from './nemesis-run.ts'
import type { NemesisResult, NemesisRunOptions } from './nemesis-run.ts'

const DEFAULT_MINUTES = 10
/** Of what went wrong. */
const SHOWN_COUNT_MAX = 4
const HOLD_MS = 60_000

async function main(): Promise<boolean> {
  const options = readOptions()
  ensureCommands()
  const directory = await mkdtemp(join(tmpdir(), 'granary-nemesis-'))
  console.log(`seed=${options.seed} directory=${directory}`)
  const region = await NemesisRegion.start(directory)
  let isGood = false
  try {
    isGood = report(await new NemesisRun(region, options).run(), options)
  } finally {
    await region.end()
    // What the storage nodes logged tells what happened.
    if (isGood) await rm(directory, { recursive: true })
  }
  return isGood
}

function readOptions(): NemesisRunOptions {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      faults: { type: 'string' },
    },
  })
  const faultNames = values.faults?.split(',') ?? Object.keys(faults)
  for (const name of faultNames) {
    if (faults[name] === undefined) {
      throw new Error(`"${name}" must be one of ${Object.keys(faults).join(' ')}`)
    }
  }
  const stopped = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort())
  return {
    seed: positive(values.seed, Math.floor(Math.random() * 2 ** 31)),
    minutes: positive(values.minutes, DEFAULT_MINUTES),
    faultNames,
    signal: stopped.signal,
    print: (line) => console.log(line),
  }
}

function positive(text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text)
  if (!Number.isFinite(number) || number <= 0) throw new Error(`"${text}" must be above 0`)
  return number
}

/** Prints what was found; true when nothing is wrong. */
function report(result: NemesisResult, { seed, signal }: NemesisRunOptions): boolean {
  const { violations, callCount, unknownCount } = result
  for (const { kind, bucket, key, excerpt } of violations.slice(0, SHOWN_COUNT_MAX)) {
    console.log(`${kind}: ${bucket} ${key ?? ''}\n${excerpt}`)
  }
  const cases = [...result.faults].map(([name, failures]) => ({
    name,
    isGood: failures.length === 0,
  }))
  cases.push({ name: 'history', isGood: violations.length === 0 && !signal.aborted })
  for (const { name, isGood } of cases) console.log(`${isGood ? 'passed' : 'FAILED'} ${name}`)
  const facts = {
    operations: callCount,
    unknown: unknownCount,
    violations: violations.length,
    seed,
  }
  console.log(
    Object.entries(facts)
      .map(([name, value]) => `${name}=${value}`)
      .join(' '),
  )
  const passed = cases.filter(({ isGood }) => isGood).length
  console.log(countsLine({ passed, failed: cases.length - passed }))
  return passed === cases.length
}

// A pending timer of the storage node's clock keeps no process alive.
const hold = setInterval(() => {}, HOLD_MS)
main()
  .catch((error: unknown) => {
    console.log(error)
    console.log(countsLine({ passed: 0, failed: 1 }))
    return false
  })
  .then((isGood) => {
    clearInterval(hold)
    process.exitCode = isGood ? 0 : 1
  }, console.error)
