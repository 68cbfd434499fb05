import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generatedFiles, README_PATH } from './generated-files.ts'
import { allResources } from './resources/all.ts'
import { customResourceDefinition } from './resources/custom-resource-definition.ts'
import type { StructuralSchema } from './resources/custom-resource-definition.ts'
import { objectSchema } from './resources/custom-resource-definition.ts'

const root = join(__dirname, '..', '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const files = generatedFiles(read(README_PATH))

test.each(files.map(({ path, text }) => [path, text]))(
  '%s is as npm run generate writes it',
  (path, text) => {
    expect(read(path)).toBe(text)
  },
)

test.each(['crds', 'charts/granary/crds'])('%s holds nothing else', (folder) => {
  const written = files.filter(({ path }) => path.startsWith(`${folder}/`)).map(({ path }) => path)
  expect(readdirSync(join(root, folder)).map((name) => `${folder}/${name}`)).toEqual(written.sort())
})

test('a README without its marks is told so', () => {
  expect(() => generatedFiles('# Operator')).toThrow('must have the lines')
})

/** Every field, with the path that leads to it. */
function fieldsOf(schema: StructuralSchema, path: string): [string, StructuralSchema][] {
  const inner = { ...schema.properties, ...(schema.items && { '[]': schema.items }) }
  return Object.entries(inner).flatMap(([name, field]) => [
    [`${path}.${name}`, field],
    ...fieldsOf(field, `${path}.${name}`),
  ])
}

const fields = allResources.flatMap((resource) => fieldsOf(objectSchema(resource), resource.kind))

test('every field is explained, in sentences', () => {
  const silent = fields
    .filter(([path]) => !path.endsWith('[]') && !path.endsWith('.metadata'))
    .filter(([, { description = '' }]) => !/^\S.*\.$/.test(description))
  expect(silent.map(([path]) => path)).toEqual([])
})

test('every field that has a default says which', () => {
  const said = fields.filter(([path, { default: value }]) => {
    return path.includes('.spec.') && value !== undefined && typeof value !== 'object'
  })
  expect(said.length).toBeGreaterThan(10)
  expect(said.filter(([, { description }]) => !description?.includes('Default:'))).toEqual([])
})

/** What rules cost is estimated from the largest values that a schema lets through. */
test('every list, map and free text has a bound', () => {
  const open = fields
    .filter(([path]) => !/^\w+\.(apiVersion|kind|metadata)$/.test(path))
    .filter(([, schema]) => {
      if (schema.type === 'array') return schema['maxItems'] === undefined
      if (schema.additionalProperties !== undefined) return schema['maxProperties'] === undefined
      const isBound = schema.enum ?? schema.format ?? schema['maxLength'] ?? schema.pattern
      return schema.type === 'string' && isBound === undefined
    })
  expect(open.map(([path]) => path)).toEqual([])
})

test('a definition is structural: no keyword that the API server refuses', () => {
  const text = JSON.stringify(allResources.map(customResourceDefinition))
  for (const word of [
    '"nullable"',
    '"anyOf"',
    '"$schema"',
    '"additionalProperties":false',
    '"rules"',
  ]) {
    expect(text).not.toContain(word)
  }
})
