/**
 * Whether a register that is kept in many places is regular: a read shows the last value whose write was acknowledged
 * before it began, or one whose write it overlaps.
 *
 * This is what is promised of settings (1.14). A change is acknowledged once no storage node uses the old record;
 * until then one node may answer by the new one and another, later, by the old one, which no single order explains.
 *
 * @module
 */

/** A read of `value`, or a write of it. */
export interface RegisterCall {
  readonly isRead: boolean
  readonly value: string
  readonly invokedAt: number
  /** Undefined: it may take effect later, or never. */
  readonly returnedAt: number | undefined
}

/** The first read that shows what it must not; undefined when there is none. `first`: before any write. */
export function findIrregularRead<Call extends RegisterCall>(
  first: string,
  calls: readonly Call[],
): Call | undefined {
  const writes = calls.filter(({ isRead }) => !isRead)
  const beginning = { value: first, invokedAt: -Infinity, returnedAt: -Infinity }
  return calls.find((read) => {
    if (!read.isRead || read.returnedAt === undefined) return false
    const { value, invokedAt, returnedAt } = read
    const settled = writes.filter((write) => (write.returnedAt ?? Infinity) < invokedAt)
    return ![beginning, ...writes].some((write) => {
      if (write.value !== value || write.invokedAt > returnedAt) return false
      const endedAt = write.returnedAt ?? Infinity
      return !settled.some((later) => later.invokedAt > endedAt)
    })
  })
}
