/**
 * The files that follow from the resources: definitions as YAML, and the tables of the README.
 *
 * @module
 */

import { stringify } from 'yaml'
import { allResources, userResources } from './resources/all.ts'
import { customResourceDefinition, objectSchema } from './resources/custom-resource-definition.ts'
import type { StructuralSchema } from './resources/custom-resource-definition.ts'
import type { ResourceDefinition } from './resources/definition.ts'

export interface GeneratedFile {
  /** Below the root of the tree. */
  readonly path: string
  readonly text: string
}

export const README_PATH = 'operator/README.md'
/** `kubectl apply -f crds/` takes the one, Helm the other. */
const DEFINITION_FOLDERS = ['crds', 'charts/granary/crds']
const YAML_HEADER =
  '# Written by `npm run generate` from operator/src/resources/. Do not change it here.\n'
const YAML_WIDTH = 100
const TABLE_BEGIN = '<!-- written by npm run generate: begin -->'
const TABLE_END = '<!-- written by npm run generate: end -->'

/** All of them; `readme` is the README as it is. */
export function generatedFiles(readme: string): readonly GeneratedFile[] {
  const definitions = allResources.flatMap((resource) => {
    const text = YAML_HEADER + yamlOf(customResourceDefinition(resource))
    const name = `granary.dev_${resource.plural}.yaml`
    return DEFINITION_FOLDERS.map((folder) => ({ path: `${folder}/${name}`, text }))
  })
  return [...definitions, { path: README_PATH, text: withTables(readme) }]
}

function yamlOf(value: unknown): string {
  return stringify(value, {
    lineWidth: YAML_WIDTH,
    singleQuote: true,
    aliasDuplicateObjects: false,
  })
}

function withTables(readme: string): string {
  const [before, rest] = readme.split(TABLE_BEGIN)
  const after = rest?.split(TABLE_END)[1]
  if (before === undefined || after === undefined) {
    throw new Error(`${README_PATH} must have the lines "${TABLE_BEGIN}" and "${TABLE_END}"`)
  }
  const tables = userResources.map(tableOf).join('\n')
  return `${before}${TABLE_BEGIN}\n<!-- prettier-ignore-start -->\n\n${tables}\n<!-- prettier-ignore-end -->\n${TABLE_END}${after}`
}

function tableOf(resource: ResourceDefinition): string {
  const { spec } = objectSchema(resource).properties ?? {}
  const rows = spec === undefined ? [] : fieldsOf(spec, '')
  return [
    `### ${resource.kind}`,
    '',
    resource.description,
    '',
    '| Field of `spec` | Type | What it does |',
    '| --- | --- | --- |',
    ...rows.map(
      ([path, schema]) => `| ${codeCell(path)} | ${typeOf(schema)} | ${textCell(schema)} |`,
    ),
    '',
  ].join('\n')
}

function fieldsOf(schema: StructuralSchema, path: string): [string, StructuralSchema][] {
  const fields = Object.entries(schema.properties ?? schema.items?.properties ?? {})
  return fields.flatMap(([name, field]) => {
    const own = path === '' ? name : `${path}.${name}`
    const isList = field.type === 'array'
    return [[own, field], ...fieldsOf(field, isList ? `${own}[]` : own)]
  })
}

function typeOf({ type, enum: words, items, additionalProperties }: StructuralSchema): string {
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ')
  if (type === 'array') return items?.enum ? `list of ${typeOf(items)}` : `list of ${items?.type}s`
  return additionalProperties === undefined ? `${type}` : 'map'
}

function codeCell(path: string): string {
  return `\`${path}\``
}

function textCell({ description }: StructuralSchema): string {
  return (description ?? '').replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
