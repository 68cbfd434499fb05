/**
 * The end of a turn of the event loop, where work that arrived in it can be done at once.
 *
 * @module
 */

let waitingCount = 0

/** Calls `callback` after everything that the present turn of the event loop has brought. */
export function afterTurn(callback: () => void): void {
  waitingCount++
  setImmediate(() => {
    waitingCount--
    callback()
  })
}

/** Callbacks that still wait; the simulator lets no virtual time pass while there are any. */
export function waitingTurnCount(): number {
  return waitingCount
}
