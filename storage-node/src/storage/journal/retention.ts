/**
 * Decides how long files of the journal stay that hold nothing above any base: for gateways that ask
 * again (replication.md 1.5), and for members that lag (1.9).
 *
 * @module
 */

/** A file that is no longer written to. */
export interface ClosedFile {
  readonly number: number
  readonly sizeBytes: number
  /** Monotonic. */
  readonly closedMs: number
}

export interface RetentionRule {
  /** The oldest file with an entry that a lagging member lacks; undefined: none lags. */
  readonly lagFile: number | undefined
  /** All files that are kept for lagging members alone. */
  readonly lagBytesMax: number
  /** The oldest file that is needed whatever its age. */
  readonly neededFile: number
}

/** opIds are told apart for 20 s. */
const OP_ID_KEPT_MS = 20_000
const LAG_KEPT_MS = 30 * 60 * 1000

/** The oldest file to keep; `files` ascending. */
export function oldestKeptFile(
  files: readonly ClosedFile[],
  { lagFile = Infinity, lagBytesMax, neededFile }: RetentionRule,
  nowMs: number,
): number {
  let kept = neededFile
  let lagBytes = 0
  for (const { number, sizeBytes, closedMs } of files.toReversed()) {
    if (number >= neededFile) continue
    const ageMs = nowMs - closedMs
    if (ageMs >= OP_ID_KEPT_MS) {
      lagBytes += sizeBytes
      if (number < lagFile || ageMs >= LAG_KEPT_MS || lagBytes > lagBytesMax) break
    }
    kept = number
  }
  return kept
}
