/**
 * The end of a turn of the event loop, where work that arrived in it can be done at once.
 *
 * @module
 */

/** Calls `callback` after everything that the present turn of the event loop has brought. */
export function afterTurn(callback: () => void): void {
  setImmediate(callback)
}
