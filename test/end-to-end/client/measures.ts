/**
 * What a client has seen since it was asked to measure: requests, failures, the slowest one, the longest silence.
 *
 * @module
 */

/** A request that failed although the client had tried again. */
export interface Failure {
  readonly at: string
  readonly what: string
  readonly error: string
  readonly tookMs: number
}

/** As the client tells it. */
export interface Measured {
  readonly durationMs: number
  /** That were answered, by kind. */
  readonly counts: Readonly<Record<string, number>>
  readonly slowestWriteMs: number
  readonly slowestMs: number
  /** Between two writes that were acknowledged, whichever keys they were for. */
  readonly longestSilenceMs: number
  readonly failureCount: number
  /** The first of them. */
  readonly failures: readonly Failure[]
}

const FAILURES_KEPT = 200

export class Measures {
  readonly #startMs: number
  readonly #counts = new Map<string, number>()
  readonly #failures: Failure[] = []
  #failureCount = 0
  #slowestWriteMs = 0
  #slowestMs = 0
  #lastWriteMs: number
  #longestSilenceMs = 0

  constructor(nowMs: number) {
    this.#startMs = nowMs
    this.#lastWriteMs = nowMs
  }

  succeeded(kind: string, isWrite: boolean, beganMs: number, nowMs: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    const tookMs = nowMs - beganMs
    this.#slowestMs = Math.max(this.#slowestMs, tookMs)
    if (!isWrite) return
    this.#slowestWriteMs = Math.max(this.#slowestWriteMs, tookMs)
    this.#longestSilenceMs = this.#silenceMs(nowMs)
    this.#lastWriteMs = nowMs
  }

  failed(what: string, error: unknown, beganMs: number, nowMs: number): void {
    this.#failureCount++
    if (this.#failures.length === FAILURES_KEPT) return
    const at = new Date(nowMs).toISOString()
    this.#failures.push({ at, what, error: errorText(error), tookMs: nowMs - beganMs })
  }

  read(nowMs: number): Measured {
    return {
      durationMs: nowMs - this.#startMs,
      counts: Object.fromEntries(this.#counts),
      slowestWriteMs: this.#slowestWriteMs,
      slowestMs: this.#slowestMs,
      longestSilenceMs: this.#silenceMs(nowMs),
      failureCount: this.#failureCount,
      failures: this.#failures,
    }
  }

  #silenceMs(nowMs: number): number {
    return Math.max(this.#longestSilenceMs, nowMs - this.#lastWriteMs)
  }
}

function errorText(error: unknown): string {
  const { code, status, message } = error as { code?: string; status?: number; message?: string }
  return [status, code, message ?? String(error)].filter((part) => part !== undefined).join(' ')
}
