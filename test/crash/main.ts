/**
 * `npm run crash -- [--images N] [--kills N [--zones N]] [--seed S] [--trace FILE --image SEED]
 * [--mutation NAME|all]`: crash tests on demand.
 *
 * @module
 */

import { parseArgs } from 'node:util'
import { checkTreeWithout, mutationNames, runMutation } from '../support/mutations.ts'
import { runImages, type ImageRunResult } from './images.ts'
import { runKills, type KillRunResult } from './kill-loop.ts'

const DEFAULT_IMAGE_COUNT = 5_000
const DEFAULT_KILL_COUNT = 1_000
/** Of what went wrong. */
const SHOWN_COUNT_MAX = 4

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      images: { type: 'string' },
      kills: { type: 'string' },
      zones: { type: 'string' },
      seed: { type: 'string' },
      trace: { type: 'string' },
      image: { type: 'string' },
      mutation: { type: 'string' },
    },
  })
  if (values.mutation !== undefined) return findMutations(values.mutation)
  const seed = wholeNumber(values.seed, Math.floor(Math.random() * 2 ** 31))
  const named = [values.images, values.kills, values.trace].some((value) => value !== undefined)
  const imageCount = wholeNumber(values.images, named ? 0 : DEFAULT_IMAGE_COUNT)
  const killCount = wholeNumber(values.kills, named ? 0 : DEFAULT_KILL_COUNT)
  const replayed = {
    ...(values.trace === undefined ? {} : { traceFile: values.trace }),
    ...(values.image === undefined ? {} : { imageSeed: wholeNumber(values.image, 0) }),
  }
  const wanted = imageCount === 0 && values.trace !== undefined ? 1 : imageCount
  const images =
    wanted === 0 || report(await runImages({ imageCount: wanted, seed, ...replayed }), seed)
  const kills = killCount === 0 || reportKills(await runKills(killCount, seed, values.zones), seed)
  return images && kills
}

function wholeNumber(text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text)
  if (!Number.isInteger(number) || number < 0) throw new Error(`"${text}" must be a whole number`)
  return number
}

/** Prints what was found; true when nothing is wrong. */
function report(result: ImageRunResult, seed: number): boolean {
  const violations = result.failures.flatMap((failure) => failure.violations)
  const { imageCount: images, acknowledgedCount: acknowledged, traceCount: traces } = result
  console.log(line({ images, traces, acknowledged, ...countKinds(violations), seed }))
  for (const failure of result.failures.slice(0, SHOWN_COUNT_MAX)) {
    console.log(`image ${failure.seed}: ${failure.story.join('; ')}`)
    showViolations(failure.violations)
    console.log(`replay: npm run crash -- --trace ${failure.traceFile} --image ${failure.seed}`)
  }
  return violations.length === 0
}

function reportKills(
  { killCount: kills, acknowledgedCount, violations }: KillRunResult,
  seed: number,
) {
  console.log(line({ kills, acknowledged: acknowledgedCount, ...countKinds(violations), seed }))
  showViolations(violations)
  if (violations.length > 0) console.log(`replay: npm run crash -- --kills ${kills} --seed ${seed}`)
  return violations.length === 0
}

function showViolations(violations: readonly object[]): void {
  for (const violation of violations.slice(0, SHOWN_COUNT_MAX)) {
    console.log(`  ${JSON.stringify(violation)}`)
  }
}

function countKinds(violations: readonly { readonly kind: string }[]): Record<string, number> {
  const counts: Record<string, number> = { lost: 0, torn: 0 }
  for (const { kind } of violations) {
    const word = kind.replaceAll(' ', '-')
    counts[word] = (counts[word] ?? 0) + 1
  }
  return counts
}

function line(facts: Readonly<Record<string, number>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

function findMutations(wanted: string): boolean {
  const names = wanted === 'all' ? mutationNames() : [wanted]
  checkTreeWithout(names)
  let all = true
  for (const name of names) {
    const finder = tryMutation(name)
    console.log(
      finder === undefined ? `mutation ${name} NOT FOUND` : `mutation ${name} found by ${finder}`,
    )
    all &&= finder !== undefined
  }
  return all
}

/** A patch that cannot be tried is not found, and no reason to leave the others untried. */
function tryMutation(name: string): string | undefined {
  try {
    return runMutation(name)
  } catch (error) {
    console.error(error)
    return undefined
  }
}

void main().then(
  (good) => process.exit(good ? 0 : 1),
  (error: unknown) => {
    console.error(error)
    process.exit(1)
  },
)
