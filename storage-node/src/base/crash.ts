/**
 * The way out when the disk has failed or the program is wrong.
 *
 * @module
 */

/**
 * Ends the process at once, by way of the composition root. Called when going on could acknowledge
 * what is not durable (replication.md D1). Never returns control to its caller's normal path:
 * whoever waits for the failed work waits for ever, so nothing is answered.
 */
export type Fatal = (cause: Error) => void
