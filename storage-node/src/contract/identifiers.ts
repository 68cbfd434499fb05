/**
 * Names and numbers that operator and storage node agree on.
 *
 * @module
 */

import type { Branded } from '../base/branded.ts'

/** A UUID made when a store is formatted; never the name of a pod. */
export type StoreId = Branded<string, 'StoreId'>
/** Number of a partition, u32. Ids are never used again. */
export type PartitionId = Branded<number, 'PartitionId'>
/** Position of an entry in a partition's log; the first entry is 1. */
export type Seq = Branded<number, 'Seq'>
/** Rises by one with each configuration of a partition; fences every earlier one. */
export type Epoch = Branded<number, 'Epoch'>
/** Number of a process start of a store. */
export type Incarnation = Branded<number, 'Incarnation'>

/** (epoch, number of the activation within it). Orders what primaries did. */
export interface Ballot {
  readonly epoch: Epoch
  readonly activation: number
}
