/**
 * A simulated machine as the scheduler sees it: which process runs on it, and whether it moves.
 *
 * @module
 */

/** One machine; it outlives its processes. */
export class Host {
  /** From 0, in the order of the region's stores. */
  readonly index: number
  /** Number of the process that runs here; 0: none. */
  life = 0
  /** Nothing happens here before; rises when the machine stands still or its event loop is slow. */
  readyMs = 0
  /** What one event costs while the event loop is slow. */
  workMs = 0
  #lives = 0

  constructor(index: number) {
    this.index = index
  }

  /** A process begins. */
  start(nowMs: number): void {
    this.life = ++this.#lives
    this.readyMs = nowMs
  }

  /** The process ends, whatever it was about to do. */
  end(): void {
    this.life = 0
    this.readyMs = 0
  }

  /** The machine stands still, and then goes on as if nothing had been. */
  pause(untilMs: number): void {
    this.readyMs = Math.max(this.readyMs, untilMs)
  }

  /** One event has been worked on. */
  work(nowMs: number): void {
    if (this.workMs > 0) this.readyMs = Math.max(this.readyMs, nowMs + this.workMs)
  }
}
