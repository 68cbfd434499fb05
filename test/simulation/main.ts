/**
 * `npm run simulate -- [--seeds N] [--seed S] [--regressions] [--mutation NAME] [--story]`: lives of a
 * simulated region.
 *
 * Without arguments it is the gate: 500 seeds that follow from the product's code, so that each change of
 * it meets fresh ones and whoever runs it again sees the same, and a last line `N passed, N failed`.
 * `--story` tells everything that happens in one seed; `--until-found` stops at the first violation.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { checkTreeWithout, runMutation } from '../support/mutations.ts'
import { REGRESSION_SEEDS } from './regressions.ts'
import { runSeed } from './run-seed.ts'
import { runSeeds, type SeedOrder } from './seed-pool.ts'
import { sumOf, totalsLine, type SeedResult } from './seed-result.ts'

const GATE_SEED_COUNT = 500
const FRESH_SEED_MAX = 2 ** 30
/** Hexadecimal. */
const HASH_DIGIT_COUNT = 7
/** Every hundredth seed is run twice. */
const TWICE_PERIOD = 100
const SHOWN_VIOLATION_COUNT = 3
/** Of a violation; its story has all of them. */
const SHOWN_CHARACTERS_MAX = 300

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string' },
      seed: { type: 'string' },
      mutation: { type: 'string' },
      story: { type: 'boolean' },
      regressions: { type: 'boolean' },
      'until-found': { type: 'boolean' },
    },
  })
  const isGate = values.seeds === undefined && values.seed === undefined
  const first = wholeNumber(values.seed, isGate ? seedOfProduct() : randomSeed())
  if (values.mutation !== undefined) return findMutation(values.mutation, first)
  if (values.story) return tellStory(first)
  const count = wholeNumber(values.seeds, isGate ? GATE_SEED_COUNT : 1)
  const seeds = Array.from({ length: count }, (_, index) => first + index)
  const known = values.regressions === true ? REGRESSION_SEEDS : []
  const isUntilFound = values['until-found'] === true
  const found = await simulate([...known, ...seeds], { isUntilFound })
  const failedCount = found.filter(({ violations }) => violations.length > 0).length
  if (isGate) console.log(`${found.length - failedCount} passed, ${failedCount} failed`)
  return failedCount === 0
}

function randomSeed(): number {
  return Math.floor(Math.random() * FRESH_SEED_MAX)
}

function seedOfProduct(): number {
  const tree = execFileSync('git', ['rev-parse', 'HEAD:storage-node'], { encoding: 'utf8' })
  return Number.parseInt(tree.slice(0, HASH_DIGIT_COUNT), 16)
}

async function simulate(
  seeds: readonly number[],
  { isUntilFound }: { readonly isUntilFound: boolean },
): Promise<readonly SeedResult[]> {
  let isFound = false
  const orders: SeedOrder[] = seeds.map((seed, index) => {
    return { seed, isTwice: index % TWICE_PERIOD === 0 }
  })
  const show = (result: SeedResult) => {
    isFound ||= result.violations.length > 0
    showViolations(result)
  }
  const results = await runSeeds(orders, show, () => isUntilFound && isFound)
  console.log(totalsLine(sumOf(results)))
  return results
}

function showViolations({ seed, violations }: SeedResult): void {
  for (const { rule, detail } of violations.slice(0, SHOWN_VIOLATION_COUNT)) {
    const line = detail.replaceAll(/\s*\n\s*/g, ' | ').slice(0, SHOWN_CHARACTERS_MAX)
    console.log(`violation seed=${seed} ${rule}: ${line}`)
  }
  if (violations.length > 0) console.log(`  replay: npm run simulate -- --seeds 1 --seed ${seed}`)
}

/** One seed in this process, with everything that happened. */
async function tellStory(seed: number): Promise<boolean> {
  const result = await runSeed(seed, (line) => console.log(line))
  showViolations(result)
  console.log(`events=${result.events} cpuMs=${Math.round(result.cpuMs)} hash=${result.traceHash}`)
  console.log(totalsLine(sumOf([result])))
  return result.violations.length === 0
}

/** True when the planted bug is found. */
function findMutation(name: string, seed: number): boolean {
  checkTreeWithout([name])
  const finder = runMutation(name, seed)
  console.log(
    finder === undefined ? `mutation ${name} NOT FOUND` : `mutation ${name} found by ${finder}`,
  )
  return finder !== undefined
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text)
  if (!Number.isInteger(number) || number < 0) throw new Error(`"${text}" must be a whole number`)
  return number
}

void main().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
