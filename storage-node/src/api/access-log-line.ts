/**
 * One line of the access log, in the order of OSS' own log files (oss.md 5.19).
 *
 * What gives access never gets into it: signatures, tokens and the key ids of signed URLs are masked,
 * also in the Referer, which may be such a URL.
 *
 * @module
 */

import { formatHttpDate } from '../wire/http-date.ts'
import type { Exchange } from './exchange.ts'

/** Formats the line of a finished exchange, with its newline. */
export function formatAccessLogLine(exchange: Exchange, durationMs: number): string {
  const { facts, headers, status } = exchange
  const duration = Math.round(durationMs)
  const version = exchange.request.httpVersion
  const target = maskSecrets(exchange.target)
  return [
    exchange.remoteAddress || '-',
    '-',
    '-',
    `[${logTime(exchange.receivedMs)}]`,
    `"${exchange.method} ${clean(target)} HTTP/${version}"`,
    status,
    exchange.sentBytes,
    duration,
    quoted(headers['referer'] && maskSecrets(headers['referer'])),
    quoted(headers['user-agent']),
    quoted(exchange.host),
    quoted(exchange.requestId),
    '"false"',
    quoted(facts.account),
    quoted(facts.operation),
    quoted(facts.bucket),
    quoted(facts.key && encodeURIComponent(facts.key)),
    facts.objectSizeBytes ?? '-',
    duration,
    quoted(facts.errorCode),
    exchange.socketBody.receivedBytes,
    '"-" - "-" "-" "-" "-"',
    `${quoted(facts.accessKeyId)}\n`,
  ].join(' ')
}

const SECRET_PARAMETER =
  /((?:^|[?&;])(?:signature|security-?token|ossaccesskeyid|x-oss-signature|x-oss-security-token|x-oss-credential|x-oss-access-key-id|x-amz-signature|x-amz-security-token|x-amz-credential)=)[^&#\s]*/gi

/** Replaces the values of parameters that give access. */
export function maskSecrets(text: string): string {
  if (!text.includes('=')) return text
  return text.replace(SECRET_PARAMETER, '$1*')
}

function quoted(text: string | undefined): string {
  return text === undefined || text === '' ? '"-"' : `"${clean(text)}"`
}

/** One line, and no end of a quotation, whatever a client sends. */
function clean(text: string): string {
  return UNCLEAN.test(text) ? text.replace(UNCLEAN_ALL, percentEncoded) : text
}

const UNCLEAN = /[\x00-\x1f"\x7f-\uffff]/
const UNCLEAN_ALL = new RegExp(UNCLEAN, 'g')

function percentEncoded(character: string): string {
  return `%${(character.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`
}

let timeSecond = -1
let timeText = ''

/** `20/Nov/2026:20:15:00 +0000` */
function logTime(timeMs: number): string {
  const second = Math.floor(timeMs / 1000)
  if (second !== timeSecond) {
    timeSecond = second
    const date = formatHttpDate(timeMs)
    timeText = `${date.slice(5, 7)}/${date.slice(8, 11)}/${date.slice(12, 16)}:${date.slice(17, 25)} +0000`
  }
  return timeText
}
