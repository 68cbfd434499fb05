/**
 * Opens the region below a recorded directory, runs one life in it and closes it.
 *
 * @module
 */

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { NOTES_FILE } from './disk-state.ts'
import { goOnWriting, lookAtEverything } from './life.ts'
import type { OpenRegion } from './region.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Survey } from './survey.ts'

export interface RecordedLifeOptions {
  /** Has the notes and, in `data`, the region. */
  readonly directory: string
  readonly openRegion: OpenRegion
  readonly random: SeededRandom
  readonly operationCount: number
  readonly largeShare: number
  /** Is called after each note. */
  readonly onNote?: () => void
}

/** Returns what is wrong with what the life before left behind. */
export async function runRecordedLife(options: RecordedLifeOptions): Promise<Survey['violations']> {
  const { directory, random, operationCount, largeShare, onNote } = options
  const notesFile = join(directory, NOTES_FILE)
  const notes = readNotes(notesFile)
  const life = {
    random,
    operationCount,
    largeShare,
    notes,
    takeNote(note: string) {
      appendFileSync(notesFile, `${note}\n`)
      onNote?.()
    },
  }
  const region = await options.openRegion(join(directory, 'data'))
  try {
    const { found, violations } = await lookAtEverything(region, life)
    if (violations.length === 0 && operationCount > 0) await goOnWriting(region, found, life)
    return violations
  } finally {
    await region.close()
  }
}

function readNotes(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
}
