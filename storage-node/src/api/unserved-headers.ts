/**
 * Refuses what asks for features that are not served: ignoring it silently would promise them.
 *
 * @module
 */

import { headerNotImplemented } from '../model/errors.ts'
import type { HeaderValues } from '../wire/oss/request-head.ts'

/** Of features that are not served yet, on whatever operation. */
const UNSERVED = [
  'x-oss-server-side-encryption',
  'x-oss-server-side-encryption-key-id',
  'x-oss-server-side-data-encryption',
  'x-oss-process',
  'x-oss-hns-status',
  'x-oss-resource-group-id',
  'x-oss-bypass-governance-retention',
  'x-oss-object-worm-mode',
  'x-oss-object-worm-retain-until-date',
  'x-oss-object-worm-legal-hold',
  'x-oss-enable-md5',
  'x-oss-enable-sha1',
  'x-oss-enable-sha256',
  'x-oss-hash-ctx',
  'x-oss-md5-ctx',
  'x-oss-rename-source',
  'x-oss-access-point-name',
  'x-oss-write-get-object-response',
]

/** These have a meaning on reads only (oss.md 5.8). */
const CONDITIONS = ['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since']

/** What asks for a callback: few operations make one. */
const CALLBACKS = ['x-oss-callback', 'x-oss-callback-var']

/** Throws `NotImplemented` naming the first header that is not served. */
export function refuseUnservedHeaders(
  headers: HeaderValues,
  isWrite: boolean,
  callsBack = false,
): void {
  for (const name of UNSERVED) {
    if (headers[name] !== undefined) throw headerNotImplemented(name)
  }
  if (!callsBack) {
    for (const name of CALLBACKS) {
      if (headers[name] !== undefined) throw headerNotImplemented(name)
    }
  }
  if (!isWrite) return
  for (const name of CONDITIONS) {
    if (headers[name] !== undefined) throw headerNotImplemented(name)
  }
}
