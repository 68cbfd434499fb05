import { readMinioGoTests } from './minio-go-suite.ts'

const line = (name: string, status: string) => JSON.stringify({ name: `minio-go: ${name}`, status })

test('a test has passed when nothing that it tried has failed or was not there', () => {
  const lines = [
    line('testGood', 'PASS'),
    line('testMixed', 'PASS'),
    'panic: something',
    line('testMixed', 'FAIL'),
    line('testMixed', 'PASS'),
    line('testAbsent', 'NA'),
    '{"level":"INFO"}',
    '{broken',
  ]
  const outcomes = readMinioGoTests(lines.join('\n'))
  expect(outcomes.map(({ name, hasPassed }) => [name, hasPassed])).toEqual([
    ['testGood', true],
    ['testMixed', false],
    ['testAbsent', false],
  ])
  expect(outcomes[1]?.output.split('\n')).toHaveLength(4)
})
