/**
 * The text of a scenario: what it is about, then rounds of commands, each with what happened below a line of dashes.
 *
 * @module
 */

export interface Transcript {
  /** The comment lines that open it. */
  readonly heading: readonly string[]
  readonly rounds: readonly Round[]
}

export interface Round {
  /** One a line; a line that begins with # is a comment. */
  readonly commands: readonly string[]
  readonly outcome: readonly string[]
}

const DASHES = '----'

/** Reads a scenario; empty lines stand between rounds. */
export function parseTranscript(text: string): Transcript {
  const blocks = text
    .split(/\n\s*\n/)
    .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
    .filter((block) => block.length > 0)
  const [first = [], ...rest] = blocks
  const hasHeading = first.every((line) => line.startsWith('#'))
  return {
    heading: hasHeading ? first : [],
    rounds: (hasHeading ? rest : blocks).map(parseRound),
  }
}

function parseRound(lines: readonly string[]): Round {
  const dashes = lines.indexOf(DASHES)
  if (dashes === -1) return { commands: lines, outcome: [] }
  return { commands: lines.slice(0, dashes), outcome: lines.slice(dashes + 1) }
}

export function formatTranscript({ heading, rounds }: Transcript): string {
  const blocks = rounds.map(({ commands, outcome }) => [...commands, DASHES, ...outcome].join('\n'))
  return `${[heading.join('\n'), ...blocks].filter((block) => block !== '').join('\n\n')}\n`
}
