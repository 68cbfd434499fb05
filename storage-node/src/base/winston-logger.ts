/**
 * The structured log: one JSON object per line.
 *
 * @module
 */

import winston from 'winston'
import Transport from 'winston-transport'
import type { Logger } from './logger.ts'

/** Where lines go: a stream, or something like it. */
export interface LineTarget {
  write(text: string): unknown
}

/** Writes to `target`, which for a server is standard error: standard output belongs to its user. */
export function winstonLogger(target: LineTarget): Logger {
  const { combine, timestamp, json } = winston.format
  const logger = winston.createLogger({
    level: 'info',
    format: combine(timestamp(), json()),
    transports: [new LineTransport(target)],
  })
  return {
    info: (message, fields) => void logger.info(message, fields),
    warn: (message, fields) => void logger.warn(message, fields),
    error: (message, fields) => void logger.error(message, fields),
  }
}

/** Where winston leaves the finished line. */
const LINE = Symbol.for('message')

/** Writes at once: what is logged before the process ends is not lost in a buffer. */
class LineTransport extends Transport {
  readonly #target: LineTarget

  constructor(target: LineTarget) {
    super()
    this.#target = target
  }

  override log(info: Readonly<Record<symbol, string>>, next: () => void): void {
    this.#target.write(`${info[LINE]}\n`)
    next()
  }
}
