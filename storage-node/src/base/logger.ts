/**
 * The log as a collaborator.
 *
 * @module
 */

/** Facts that belong to a log line. Never a secret, never a signature. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Writes structured log lines. */
export interface Logger {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}

/** A logger that writes nothing, for tests and tools. */
export const silentLogger: Logger = { info() {}, warn() {}, error() {} }
