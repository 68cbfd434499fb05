/**
 * The structured log: one JSON object per line.
 *
 * @module
 */

import type { Writable } from 'node:stream'
import winston from 'winston'
import type { Logger } from './logger.ts'

/** Writes to `stream`, which for a server is standard error: standard output belongs to its user. */
export function winstonLogger(stream: Writable): Logger {
  const { combine, timestamp, json } = winston.format
  const logger = winston.createLogger({
    level: 'info',
    format: combine(timestamp(), json()),
    transports: [new winston.transports.Stream({ stream })],
  })
  return {
    info: (message, fields) => void logger.info(message, fields),
    warn: (message, fields) => void logger.warn(message, fields),
    error: (message, fields) => void logger.error(message, fields),
  }
}
