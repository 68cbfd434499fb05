/**
 * The definition of a resource as the API server takes it: the zod schema as a structural OpenAPI schema.
 *
 * @module
 */

import { z } from 'zod'
import type { CustomResourceDefinition } from './built-in.ts'
import { API_GROUP, API_VERSION_NAME } from './definition.ts'
import type { FieldMeta, PrinterColumn, ResourceDefinition } from './definition.ts'

/** A part of a structural schema. */
export interface StructuralSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly items?: StructuralSchema
  readonly additionalProperties?: StructuralSchema
  readonly required?: readonly string[]
  readonly enum?: readonly string[]
  readonly pattern?: string
  readonly format?: string
  readonly [limit: string]: unknown
}

type JsonSchema = StructuralSchema & FieldMeta & { readonly nullable?: boolean }

/** Keywords that stand in a structural schema as zod writes them, in the order in which they are read best. */
const KEPT = [
  ...['description', 'type', 'format', 'enum', 'default', 'pattern'],
  ...['minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems', 'maxProperties'],
] as const

/** What `kubectl apply -f` and the operator give to the API server. */
export function customResourceDefinition(resource: ResourceDefinition): CustomResourceDefinition {
  const { kind, plural, shortNames, columns } = resource
  const spec = {
    group: API_GROUP,
    names: {
      ...{ kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), shortNames },
      categories: ['granary'],
    },
    scope: 'Namespaced',
    versions: [
      {
        ...{ name: API_VERSION_NAME, served: true, storage: true },
        additionalPrinterColumns: columns.map(printerColumn),
        schema: { openAPIV3Schema: objectSchema(resource) },
        subresources: { status: {} },
      },
    ],
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${API_GROUP}`,
      labels: { 'app.kubernetes.io/name': 'granary' },
    },
    spec,
  }
}

/** The schema of whole objects. */
export function objectSchema(resource: ResourceDefinition): StructuralSchema {
  const { description, rules } = resource
  const spec = structuralSchema(resource.spec)
  return {
    description,
    type: 'object',
    ...(spec.default === undefined && { required: ['spec'] }),
    properties: {
      apiVersion: { type: 'string', description: `${API_GROUP}/${API_VERSION_NAME}.` },
      kind: { type: 'string', description: `${resource.kind}.` },
      metadata: { type: 'object' },
      spec,
      status: structuralSchema(resource.status),
    },
    ...(rules && { 'x-kubernetes-validations': rules }),
  }
}

/** A zod schema in the words that the API server knows. */
export function structuralSchema(schema: z.ZodType): StructuralSchema {
  return structural(z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input' }) as JsonSchema)
}

function structural(schema: JsonSchema): StructuralSchema {
  const { properties, items, additionalProperties, required, keepsUnknown } = schema
  const kept = KEPT.filter((keyword) => isSaid(schema, keyword)).map(
    (keyword) => [keyword, plain(schema[keyword])] as const,
  )
  const fields = properties && mapValues(properties, structural)
  const hasFields = fields !== undefined && Object.keys(fields).length > 0
  const hasValues = additionalProperties instanceof Object && !keepsUnknown
  return {
    ...Object.fromEntries(kept),
    ...(hasFields && isSaid(schema, 'default') && { default: defaultsOf(fields) }),
    ...extensions(schema),
    ...(required && required.length > 0 && { required }),
    ...(hasFields && { properties: fields }),
    ...(items && { items: structural(items) }),
    ...(hasValues && { additionalProperties: structural(additionalProperties) }),
  }
}

/**
 * The API server drops a null where nothing else is said, so that "no value" has one form; zod's bounds of
 * whole numbers are those of JSON itself.
 */
function isSaid(schema: JsonSchema, keyword: (typeof KEPT)[number]): boolean {
  const value = schema[keyword]
  return (
    value !== undefined && value !== null && Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER
  )
}

/** Rules look at a default as it stands, before the defaults of its fields are filled in. */
function defaultsOf(fields: Readonly<Record<string, StructuralSchema>>) {
  const said = Object.entries(fields).filter(([, field]) => field.default !== undefined)
  return Object.fromEntries(said.map(([name, field]) => [name, field.default]))
}

/** JavaScript writes a slash in a pattern with a backslash. */
function plain(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('\\/', '/') : value
}

function extensions({ rules, listMapKeys, listType, isIntOrString, keepsUnknown }: JsonSchema) {
  return {
    ...(isIntOrString && { 'x-kubernetes-int-or-string': true }),
    ...(keepsUnknown && { 'x-kubernetes-preserve-unknown-fields': true }),
    ...(listType && { 'x-kubernetes-list-type': listType }),
    ...(listMapKeys && {
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': listMapKeys,
    }),
    ...(rules && { 'x-kubernetes-validations': rules }),
  }
}

function printerColumn({ name, type, jsonPath, description, priority }: PrinterColumn) {
  return { name, type, jsonPath, description, ...(priority && { priority }) }
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
