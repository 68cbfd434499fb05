/**
 * Conditions of a resource: what is known of it, and since when.
 *
 * @module
 */

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  /** One word for programs, CamelCase. */
  readonly reason: string
  /** For people: what is, and where something has to be done, what. */
  readonly message: string
  readonly lastTransitionTime: string
  readonly observedGeneration?: number | undefined
}

/** What is to be said; since when follows from what was said before. */
export type ConditionChange = Omit<Condition, 'lastTransitionTime'>

/**
 * The conditions with some of them said anew, in the order of their types. The time of one changes only with its
 * status: the same words tomorrow are no news.
 */
export function setConditions(
  present: readonly Condition[] | undefined,
  changes: readonly ConditionChange[],
  nowMs: number,
): readonly Condition[] {
  const byType = new Map((present ?? []).map((condition) => [condition.type, condition]))
  for (const change of changes) {
    const before = byType.get(change.type)
    const isNews = before?.status !== change.status
    const lastTransitionTime = isNews ? timeText(nowMs) : before.lastTransitionTime
    byType.set(change.type, { ...change, lastTransitionTime })
  }
  return [...byType.values()].sort((a, b) => (a.type < b.type ? -1 : 1))
}

/** The condition of a type, if something was said about it. */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

/** Whether the condition of a type is said to hold. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True'
}

/** As Kubernetes writes times: whole seconds. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
