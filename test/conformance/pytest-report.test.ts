import { readPytestReport } from './pytest-report.ts'

const line = (nodeid: string, when: string, outcome: string, longrepr: unknown = null) =>
  JSON.stringify({ $report_type: 'TestReport', nodeid, when, outcome, longrepr })
const around = (nodeid: string, ...call: [string, unknown?][]) => [
  line(nodeid, 'setup', 'passed'),
  ...call.map(([outcome, longrepr]) => line(nodeid, 'call', outcome, longrepr)),
  line(nodeid, 'teardown', 'passed'),
]
const crash = {
  reprcrash: { path: 'tests/test_a.py', lineno: 7, message: 'AssertionError: 1 != 2' },
  reprtraceback: {
    reprentries: [{ data: { reprfileloc: { path: 'tests/test_a.py', lineno: 7 } } }],
  },
}

test('a test passes when it was called with success', () => {
  const report = around('tests/test_a.py::A::one', ['passed']).join('\n')
  expect(readPytestReport(`${report}\n`)).toEqual([
    { name: 'test_a.py::A::one', hasPassed: true, output: '' },
  ])
})

test('a failed test says where and why', () => {
  const report = around('tests/test_a.py::A::one', ['failed', crash]).join('\n')
  expect(readPytestReport(report)).toEqual([
    {
      ...{ name: 'test_a.py::A::one', hasPassed: false },
      output: 'tests/test_a.py:7\nAssertionError: 1 != 2\n',
    },
  ])
})

test.each([
  ['skipped', [line('a', 'setup', 'skipped', ['a.py', 3, 'Skipped: no'])]],
  ['failed around its call', [line('a', 'call', 'passed'), line('a', 'teardown', 'failed', 'why')]],
  ['cut off', [line('a', 'setup', 'passed')]],
])('a test that was %s has not passed', (_what, lines) => {
  expect(readPytestReport(lines.join('\n'))).toMatchObject([{ name: 'a', hasPassed: false }])
})

test('a file that cannot be read is a failed outcome; one that can is none', () => {
  const collected = (outcome: string, longrepr: unknown) =>
    JSON.stringify({ $report_type: 'CollectReport', nodeid: 'tests/test_b.py', outcome, longrepr })
  const start = JSON.stringify({ pytest_version: '9.2.0', $report_type: 'SessionStart' })
  expect(readPytestReport([start, collected('passed', null)].join('\n'))).toEqual([])
  expect(readPytestReport(collected('failed', 'ImportError'))).toEqual([
    { name: 'test_b.py', hasPassed: false, output: 'ImportError\n' },
  ])
})

test('a line that was cut off is left out', () => {
  expect(readPytestReport('{"$report_type": "TestRep')).toEqual([])
})
