/**
 * Plays scenarios and writes down what happens.
 *
 * @module
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from './commands.ts'
import type { Stage } from './stage.ts'
import { formatTranscript, parseTranscript } from './transcript.ts'

const folder = join(import.meta.dirname, 'transcripts')

/** The names of all scenarios. */
export function scenarioNames(): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -'.txt'.length))
    .sort()
}

export function scenarioFile(name: string): string {
  return join(folder, `${name}.txt`)
}

export function readScenario(name: string): string {
  return readFileSync(scenarioFile(name), 'utf8')
}

/** The same text with what happened this time. */
export function playScenario(text: string): string {
  const { heading, rounds } = parseTranscript(text)
  let stage: Stage | undefined
  const played = rounds.map(({ commands }) => {
    for (const command of commands) if (!command.startsWith('#')) stage = runCommand(command, stage)
    return { commands, outcome: stage?.takeLines() ?? [] }
  })
  return formatTranscript({ heading, rounds: played })
}
