/**
 * What the error table knows about one code.
 *
 * @module
 */

/** One row of the error table. */
export interface OssErrorDefinition {
  /** HTTP status of the answer. */
  readonly status: number
  /** `dddd-dddddddd`; unique per cause, informational (oss.md 3.1). */
  readonly ec: string
  /** What a client reads unless the place that refuses knows better. */
  readonly message: string
}
