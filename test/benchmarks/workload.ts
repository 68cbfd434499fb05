/**
 * What a workload is made of.
 *
 * @module
 */

import type { OssRequest } from '../support/oss-request.ts'
import type { Figure } from './figure.ts'
import type { LoadRequest } from './plan.ts'
import type { Layout } from './server.ts'

/** Requests of one kind, measured together. */
export interface Measurement {
  readonly name: string
  readonly request: LoadRequest
  readonly connectionCount: number
  /** Clients besides that send half of a body and no more. Default: none. */
  readonly stalledCount?: number
  readonly count: number
  /** With `--quick`. */
  readonly quickCount: number
  /** What one unit of work is: costs are given for each. */
  readonly unit: 'operation' | 'MB'
  /** Microseconds of server CPU a unit may cost on the reference machine. */
  readonly targetUs?: number
  /** Which of the workload's servers; the plain one unless told otherwise. */
  readonly server?: string
}

/** A statement about figures that does not depend on the machine. */
export interface Check {
  readonly what: string
  readonly value: number
  /** How `value` is written. */
  readonly unit: 'MiB' | 'ms' | 'us' | 'times' | '%'
  readonly isMet: boolean
}

/** A server besides the plain one. */
export interface ServerVariant {
  readonly name: string
  /** Each of its syncs takes so much longer. */
  readonly syncDelayUs: number
}

/** Something that users do, and what it is to cost. */
export interface Workload {
  readonly name: string
  readonly what: string
  /** Of all its servers; one store unless told otherwise. */
  readonly layout?: Layout
  readonly variants?: readonly ServerVariant[]
  /** Made one after the other before anything else, on every server. */
  readonly settings?: readonly OssRequest[]
  /** Requests made before the measuring, on every server. */
  readonly preparation?: readonly Measurement[]
  /** One after another; the measurements of one inner list take turns. */
  readonly stages: readonly (readonly Measurement[])[]
  /** What must hold of the figures, which are given by the name of their measurement. */
  checks?(figures: ReadonlyMap<string, Figure>): Check[]
}
