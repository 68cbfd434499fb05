/**
 * Fields that several resources have.
 *
 * @module
 */

import { z } from 'zod'
import type { FieldMeta } from './definition.ts'

const NAME_LENGTH_MAX = 63
/** As Kubernetes allows for objects. */
const OBJECT_NAME_LENGTH_MAX = 253
const MESSAGE_LENGTH_MAX = 32_768
const CONDITION_COUNT_MAX = 16
const LABEL_COUNT_MAX = 64

/** `.meta()` whose words the compiler knows. */
export function described(description: string, more: Omit<FieldMeta, 'description'> = {}) {
  return { description, ...more }
}

/** A name that can be part of a host name. */
export const dnsLabel = () =>
  z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
    .max(NAME_LENGTH_MAX)

/** The name of an object in a namespace. */
export const objectName = () =>
  z
    .string()
    .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/)
    .max(OBJECT_NAME_LENGTH_MAX)

/** `100Gi`; what Kubernetes calls a quantity, without fractions of a byte. */
export const byteQuantity = () =>
  z
    .string()
    .regex(/^[1-9][0-9]*(Ki|Mi|Gi|Ti|Pi|Ei|k|M|G|T|P|E)?$/)
    .max(20)

/** `720h`, `1h30m`. */
export const duration = () =>
  z
    .string()
    .regex(/^([0-9]{1,6}h)?([0-9]{1,8}m)?([0-9]{1,10}s)?$/)
    .max(30)
    .min(2)

export const labelMap = () =>
  z
    .record(z.string(), z.string().max(OBJECT_NAME_LENGTH_MAX))
    .meta({ maxProperties: LABEL_COUNT_MAX })

const UNIT_MS = { h: 3_600_000, m: 60_000, s: 1_000 } as const

/** The milliseconds of a `duration()`. */
export function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+)([hms])/g)]
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNIT_MS[unit as 'h'], 0)
}

export const regionRef = () =>
  z
    .object({
      name: dnsLabel().describe('Name of the Region.'),
      namespace: dnsLabel()
        .nullable()
        .default(null)
        .describe(
          'Namespace of the Region. Default: the one of the default region of the operator.',
        ),
    })
    .nullable()
    .default(null)

/** As `metav1.Condition`. */
export const conditions = () =>
  z
    .array(
      z.object({
        type: z.string().max(NAME_LENGTH_MAX).describe('What is said something about.'),
        status: z.enum(['True', 'False', 'Unknown']).describe('Whether it is so.'),
        reason: z.string().max(NAME_LENGTH_MAX).describe('Why, as one word for programs.'),
        message: z
          .string()
          .max(MESSAGE_LENGTH_MAX)
          .describe('Why, in words; where something has to be done, what.'),
        lastTransitionTime: z
          .string()
          .meta({ format: 'date-time' })
          .describe('Since when the status is what it is.'),
        observedGeneration: z
          .int()
          .min(0)
          .optional()
          .describe('Generation of the resource that this was said of.'),
      }),
    )
    .max(CONDITION_COUNT_MAX)
    .optional()
    .meta(described('What is known of the resource, one entry a type.', { listMapKeys: ['type'] }))

export const observedGeneration = () =>
  z
    .int()
    .min(0)
    .optional()
    .describe('Generation of the resource that the whole status was written for.')
