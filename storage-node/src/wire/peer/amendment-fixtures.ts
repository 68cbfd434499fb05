/**
 * Amendments of objects as messages may hold them.
 *
 * @module
 */

import fc from 'fast-check'
import type { Amendment } from '../../model/command.ts'
import type { RestorePriority } from '../../model/restore.ts'

const text = fc.string({ maxLength: 20 })
const priority = fc.constantFrom<RestorePriority[]>('Expedited', 'Standard', 'Bulk')

export const anyAmendment: fc.Arbitrary<Amendment> = fc.oneof(
  fc.record({
    kind: fc.constant('acl' as const),
    acl: fc.constantFrom('default', 'private', 'public-read', 'public-read-write'),
  }),
  fc.record({
    kind: fc.constant('tags' as const),
    tags: fc.array(fc.tuple(text, text), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('seal' as const), position: fc.maxSafeNat() }),
  fc.record({
    kind: fc.constant('restore' as const),
    days: fc.option(fc.nat(10_000), { nil: undefined }),
    priority: fc.option(priority, { nil: undefined }),
    lengths: fc.record({ delayMs: fc.maxSafeNat(), dayMs: fc.maxSafeNat() }),
  }),
  fc.record({ kind: fc.constant('cleanRestore' as const) }),
)
