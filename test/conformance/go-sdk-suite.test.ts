import { readGoTest } from './go-sdk-suite.ts'

const passed = '=== RUN   TestPut\n--- PASS: TestPut (0.10s)\nPASS\n'

test('a test passes when it says so and ends well', () => {
  expect(readGoTest('TestPut', { code: 0, output: passed })).toMatchObject({
    ...{ name: 'TestPut', hasPassed: true },
  })
})

test.each([
  ['fails', { code: 1, output: '=== RUN   TestPut\n--- FAIL: TestPut (0.10s)\nFAIL\n' }],
  ['passes, but ends badly', { code: 2, output: passed }],
  ['is killed', { code: 'SIGKILL', output: '=== RUN   TestPut\n' }],
  ['is skipped', { code: 0, output: '=== RUN   TestPut\n--- SKIP: TestPut (0.00s)\nPASS\n' }],
  ['is not there', { code: 0, output: 'testing: warning: no tests to run\nPASS\n' }],
  ['is not the one', { code: 0, output: '=== RUN   T\n--- PASS: TestPutBucket (0.1s)\nPASS\n' }],
])('a test that %s has not passed', (_what, run) => {
  expect(readGoTest('TestPut', run).hasPassed).toBe(false)
})
