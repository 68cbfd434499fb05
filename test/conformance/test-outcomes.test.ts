import { compareOutcomes, readExpectations } from './test-outcomes.ts'

const text = `
# What is not served yet.
[fails: image styles]
styles::put
styles::get

[omitted: moves 5 GB]
upload::huge

[fails with v2: old signatures]
sign::old
`
const list = readExpectations(text, 'v1')
const outcome = (name: string, hasPassed: boolean) => ({ name, hasPassed, output: 'told' })
const asListed = [outcome('styles::put', false), outcome('styles::get', false)]

test('a list names tests below features and reasons', () => {
  expect([...list.failing]).toEqual([
    ['styles::put', 'image styles'],
    ['styles::get', 'image styles'],
  ])
  expect([...list.omitted]).toEqual([['upload::huge', 'moves 5 GB']])
})

test('a feature may be missing with one signature only', () => {
  const { failing } = readExpectations(text, 'v2')
  expect(failing.get('sign::old')).toBe('old signatures')
  expect(failing.size).toBe(list.failing.size + 1)
})

test.each([
  ['[fails: a]\none\n[omitted: b]\none', '"one" is listed twice'],
  ['[fails: a]\none\none', '"one" is listed twice'],
  ['one\n[fails: a]', '"one" stands below no heading'],
  ['[fails]\none', '"[fails]" stands below no heading'],
])('the list %j is refused', (text, message) => {
  expect(() => readExpectations(text, 'v1')).toThrow(message)
})

test('what is as listed counts only where it passes', () => {
  const { counts, surprises } = compareOutcomes([...asListed, outcome('upload::small', true)], list)
  expect(surprises).toEqual([])
  expect(counts).toEqual({ passed: 1, failed: 0 })
})

test.each([
  ['a listed test that passes', [outcome('styles::put', true), outcome('styles::get', false)]],
  ['a failing test that is not listed', [...asListed, outcome('upload::small', false)]],
  ['a listed test that was not run', [outcome('styles::put', false)]],
  ['an omitted test that was run', [...asListed, outcome('upload::huge', true)]],
])('%s is red', (_what, outcomes) => {
  const { counts, surprises } = compareOutcomes(outcomes, list)
  expect(counts.failed).toBe(1)
  expect(surprises).toHaveLength(1)
})

test('what a test wrote is told from its end', () => {
  const output = Array.from({ length: 100 }, (_, line) => `line ${line}`).join('\n')
  const { surprises } = compareOutcomes(
    [...asListed, { name: 'other', hasPassed: false, output }],
    list,
  )
  expect(surprises[0]?.output).toMatch(/^line 70\n[^]*line 99$/)
})
