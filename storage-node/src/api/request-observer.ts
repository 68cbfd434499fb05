/**
 * What becomes of a finished exchange: its line in the access log, its place in the metrics.
 *
 * @module
 */

import type { Logger } from '../base/logger.ts'
import type { Counter, Histogram, Metrics } from '../base/metrics.ts'
import type { AccessLog } from './access-log.ts'
import { formatAccessLogLine } from './access-log-line.ts'
import type { Exchange } from './exchange.ts'
import type { ExchangeObserver } from './http-server.ts'

/** A client that went away before its answer; the access log of OSS uses the same number. */
const CLIENT_GONE_STATUS = 499

/** Logs and counts. */
export class RequestObserver implements ExchangeObserver {
  readonly #logger: Logger
  readonly #accessLog: AccessLog
  readonly #requests: Counter
  readonly #durations: Histogram
  readonly #receivedBytes: Counter
  readonly #sentBytes: Counter

  constructor(logger: Logger, accessLog: AccessLog, metrics: Metrics) {
    this.#logger = logger
    this.#accessLog = accessLog
    this.#requests = metrics.counter(
      'granary_requests_total',
      'Requests by operation and status of the answer',
      'operation',
      'status',
    )
    this.#durations = metrics.histogram(
      'granary_request_duration_seconds',
      'From the arrival of the headers to the last byte of the answer',
      'operation',
    )
    this.#receivedBytes = metrics.counter('granary_received_bytes_total', 'Bytes of request bodies')
    this.#sentBytes = metrics.counter('granary_sent_bytes_total', 'Bytes of response bodies')
  }

  onEnd(exchange: Exchange, endedMs: number): void {
    const durationMs = endedMs - exchange.startedMs
    if (exchange.status === 0) exchange.status = CLIENT_GONE_STATUS
    const operation = exchange.facts.operation || 'none'
    this.#requests.add(1, operation, String(exchange.status))
    this.#durations.observe(durationMs / 1000, operation)
    this.#receivedBytes.add(exchange.socketBody.receivedBytes)
    this.#sentBytes.add(exchange.sentBytes)
    this.#accessLog.add(formatAccessLogLine(exchange, durationMs))
  }

  onBug(exchange: Exchange, error: unknown): void {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    this.#logger.error('A request failed unexpectedly', {
      requestId: exchange.requestId,
      operation: exchange.facts.operation,
      error: stack,
    })
  }
}
