/**
 * The gate counts what it must.
 *
 * @module
 */

import { countsLine, readJestReport, sumCounts } from './test-counts.ts'

function reportOf(...statuses: string[]) {
  return {
    testResults: [
      {
        name: '/tree/a.test.ts',
        status: statuses.every((status) => status === 'passed') ? 'passed' : 'failed',
        message: '',
        assertionResults: statuses.map((status, index) => ({
          fullName: `case ${index} (1.5)`,
          status,
        })),
      },
    ],
  }
}

test.each([
  ['passed tests', reportOf('passed', 'passed'), 0, '2 passed, 0 failed'],
  ['a failed one', reportOf('passed', 'failed'), 1, '1 passed, 1 failed'],
  ['a skipped one as failed', reportOf('passed', 'pending'), 0, '1 passed, 1 failed'],
  ['a planned one as failed', reportOf('passed', 'todo'), 0, '1 passed, 1 failed'],
  ['a bad exit without failures', reportOf('passed'), 'SIGKILL', '1 passed, 1 failed'],
  ['a missing report', undefined, 1, '0 passed, 1 failed'],
  [
    'a file that does not load',
    { testResults: [{ name: '/a', status: 'failed', message: 'x', assertionResults: [] }] },
    1,
    '0 passed, 1 failed',
  ],
])('counts %s', (_name, report, exitCode, line) => {
  expect(countsLine(readJestReport(report, exitCode).counts)).toBe(line)
})

test('a failure names the filter that replays it', () => {
  const { failures } = readJestReport(reportOf('failed'), 1)
  expect(failures).toEqual([
    { file: '/tree/a.test.ts', name: 'case 0 (1.5)', filter: 'case 0 \\(1\\.5\\)' },
  ])
})

test('sums', () => {
  expect(
    sumCounts([
      { passed: 1, failed: 2 },
      { passed: 3, failed: 4 },
    ]),
  ).toEqual({ passed: 4, failed: 6 })
})
