/**
 * Tags of buckets and objects: names with values that policies, lists and rules pick by.
 *
 * @module
 */

/** As the client wrote it: keys are case-sensitive, and no two of a set are the same. */
export type Tag = readonly [key: string, value: string]
