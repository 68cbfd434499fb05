/**
 * What the tests of a foreign suite came to, held against the committed list of those that are expected to fail.
 *
 * Both kinds of surprise are red: a test that fails and is not listed, and a test that is listed and passes. So a
 * list shrinks when a feature is served, and never hides more than it says.
 *
 * @module
 */

import type { Counts } from '../support/test-counts.ts'

/** What one test came to. A test that was skipped has shown nothing, so it counts as failed. */
export interface Outcome {
  readonly name: string
  readonly hasPassed: boolean
  /** What it wrote, for whoever has to find out why it failed. */
  readonly output: string
}

/** Tests by name, each with the feature that will serve it, or with why it is not run. */
export interface Expectations {
  readonly failing: ReadonlyMap<string, string>
  readonly omitted: ReadonlyMap<string, string>
}

/** Something that is not as the list says. */
export interface Surprise {
  readonly name: string
  readonly what: string
  readonly output: string
}

interface Section {
  readonly isMeant: boolean
  readonly into: Map<string, string>
  readonly why: string
}

const HEADING = /^\[(fails|omitted)(?: with (\w+))?: (.+)\]$/
const OUTPUT_LINES_MAX = 30

/**
 * Reads what a list says of the tests when they sign with `signature`: headings `[fails: feature]` and
 * `[omitted: reason]`, `[fails with v1: feature]` where it is so with that signature only, and below each the
 * names of its tests, one a line; `#` opens a comment.
 */
export function readExpectations(text: string, signature: string): Expectations {
  const failing = new Map<string, string>()
  const omitted = new Map<string, string>()
  let section: Section | undefined
  for (const line of text.split('\n').map((line) => line.trim())) {
    if (line === '' || line.startsWith('#')) continue
    const [, kind, only = signature, why = ''] = HEADING.exec(line) ?? []
    if (kind !== undefined) {
      section = { isMeant: only === signature, into: kind === 'fails' ? failing : omitted, why }
      continue
    }
    if (section === undefined) throw new Error(`"${line}" stands below no heading`)
    if (failing.has(line) || omitted.has(line)) throw new Error(`"${line}" is listed twice`)
    if (section.isMeant) section.into.set(line, section.why)
  }
  return { failing, omitted }
}

/** Holds `outcomes` against the list; an expected failure counts neither as passed nor as failed. */
export function compareOutcomes(
  outcomes: readonly Outcome[],
  { failing, omitted }: Expectations,
): { readonly counts: Counts; readonly surprises: readonly Surprise[] } {
  const run = new Set(outcomes.map(({ name }) => name))
  const surprises: Surprise[] = []
  for (const { name, hasPassed, output } of outcomes) {
    const feature = failing.get(name)
    if (omitted.has(name)) {
      surprises.push({ name, what: 'was run, but is listed as omitted', output: '' })
    } else if (hasPassed && feature !== undefined) {
      surprises.push({ name, what: `passes, but is listed as failing (${feature})`, output: '' })
    } else if (!hasPassed && feature === undefined) {
      surprises.push({ name, what: 'fails, and is not listed', output: lastLines(output) })
    }
  }
  for (const name of failing.keys()) {
    if (!run.has(name)) surprises.push({ name, what: 'is listed, but was not run', output: '' })
  }
  const passed = outcomes.filter(({ name, hasPassed }) => hasPassed && !failing.has(name)).length
  return { counts: { passed, failed: surprises.length }, surprises }
}

function lastLines(output: string): string {
  return output.trimEnd().split('\n').slice(-OUTPUT_LINES_MAX).join('\n')
}
