/**
 * Defines a resource of ours once: its TypeScript type, its defaults and checks, and its definition in the cluster.
 *
 * @module
 */

import { z } from 'zod'
import { InvalidResourceError } from './kubernetes-object.ts'
import type { KubernetesObject, ResourceType } from './kubernetes-object.ts'

export const API_GROUP = 'granary.dev'
export const API_VERSION_NAME = 'v1alpha1'
const API_VERSION = `${API_GROUP}/${API_VERSION_NAME}`

/** A rule in the Common Expression Language, which the API server checks (`x-kubernetes-validations`). */
export interface Rule {
  readonly rule: string
  readonly message: string
  /** Without it: `FieldValueInvalid`. */
  readonly reason?: 'FieldValueForbidden' | 'FieldValueRequired' | 'FieldValueDuplicate'
}

/** What `.meta()` of a field may say beyond its description. */
export interface FieldMeta {
  readonly description?: string
  readonly rules?: readonly Rule[]
  /** Such a list is merged by these keys when several write to it. */
  readonly listMapKeys?: readonly string[]
  /** `set`: entries are unique, and each has its owner. */
  readonly listType?: 'set' | 'atomic'
  readonly isIntOrString?: boolean
  /** Whatever it holds is kept. */
  readonly keepsUnknown?: boolean
  readonly maxProperties?: number
}

/** A column of `kubectl get`. */
export interface PrinterColumn {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean' | 'date'
  readonly jsonPath: string
  readonly description: string
  /** Above 0: with `-o wide` only. */
  readonly priority?: number
}

export interface ResourceSource<Spec extends z.ZodType, Status extends z.ZodType> {
  readonly kind: string
  readonly plural: string
  readonly shortNames: readonly string[]
  readonly description: string
  readonly columns: readonly PrinterColumn[]
  /** Of the whole object: they see its name too. */
  readonly rules?: readonly Rule[]
  readonly spec: Spec
  readonly status: Status
}

/** An object of a defined resource, defaults filled in. */
export type ObjectOf<Spec extends z.ZodType, Status extends z.ZodType> = KubernetesObject & {
  readonly spec: z.output<Spec>
  readonly status?: z.output<Status>
}

export interface ResourceDefinition<
  Spec extends z.ZodType = z.ZodType,
  Status extends z.ZodType = z.ZodType,
>
  extends ResourceSource<Spec, Status>, ResourceType<ObjectOf<Spec, Status>> {}

/** The type of the objects that a definition is of. */
export type ResourceOf<D> =
  D extends ResourceDefinition<infer Spec, infer Status> ? ObjectOf<Spec, Status> : never

/** Makes a definition readable: what its `read` returns has passed the schema. */
export function defineResource<Spec extends z.ZodType, Status extends z.ZodType>(
  source: ResourceSource<Spec, Status>,
): ResourceDefinition<Spec, Status> {
  const parts = z.object({ spec: source.spec, status: source.status.optional() })
  return {
    ...source,
    apiVersion: API_VERSION,
    isNamespaced: true,
    read(object) {
      const { spec, status } = object
      const parsed = parts.safeParse({ spec: spec ?? {}, status })
      if (!parsed.success) throw invalid(source.kind, object, parsed.error)
      return { ...object, ...parsed.data } as ObjectOf<Spec, Status>
    },
  }
}

function invalid(kind: string, { metadata }: KubernetesObject, error: z.ZodError): Error {
  const mistakes = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  return new InvalidResourceError(`Cannot read ${kind} ${metadata.name}: ${mistakes.join('; ')}`)
}
