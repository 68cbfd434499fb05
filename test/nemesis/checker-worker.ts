/**
 * Judges histories in a thread of its own: the clients go on meanwhile.
 *
 * @module
 */

import { parentPort } from 'node:worker_threads'
import { checkHistory } from '../simulation/checkers/check-history.ts'
import type { HistoryViolation } from '../simulation/checkers/check-history.ts'
import type { ClientCall } from '../simulation/checkers/history.ts'

/** How it answers the calls of a bucket. */
export type CheckerAnswer = readonly HistoryViolation[]

parentPort?.on('message', (calls: readonly ClientCall[]) => {
  parentPort?.postMessage(checkHistory(calls) satisfies CheckerAnswer)
})
