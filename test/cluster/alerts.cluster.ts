/**
 * Each alert of the chart is made to fire by what it is for, and none by a region that is well; by Prometheus' own tool.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { findCommand } from '../support/debian-packages.ts'

type Series = Readonly<Record<string, string>>

const CHART = join(__dirname, '..', '..', 'charts', 'granary')
const RULES = join(CHART, 'rules', 'alerts.yaml')
const rules = parse(readFileSync(RULES, 'utf8')) as {
  groups: { rules: { alert: string; annotations: Record<string, string> }[] }[]
}
const alerts = rules.groups.flatMap((group) => group.rules)
/** Every alert waits for less. */
const EVALUATED = '40m'

const node = (name: string) =>
  `namespace="granary", service="eu-peers", endpoint="probes", pod="eu-${name}-0"`

/** A region that is well: an hour of it, a value a minute. */
const well: Series = {
  [`up{${node('a')}}`]: '1x60',
  [`up{${node('b')}}`]: '1x60',
  [`up{${node('c')}}`]: '1x60',
  [`granary_requests_total{${node('a')}, operation="GetObject", status="200"}`]: '0+6000x60',
  [`granary_requests_total{${node('a')}, operation="GetObject", status="503"}`]: '0+6x60',
  [`granary_store_available_bytes{${node('a')}}`]: '50e9x60',
  'granary_operator_is_leader{pod="granary-1"}': '1x60',
  'granary_operator_is_leader{pod="granary-2"}': '0x60',
  'granary_operator_reconciles_total{controller="bucket", outcome="success"}': '0+1x60',
  'granary_operator_reconciles_total{controller="bucket", outcome="failure"}': '0+1x60',
}

/** What is otherwise when an alert is to fire. */
const troubles: Readonly<Record<string, Series>> = {
  GranaryStorageNodeDown: { [`up{${node('b')}}`]: '0x60' },
  GranaryStorageNodesDown: { [`up{${node('b')}}`]: '0x60', [`up{${node('c')}}`]: '0x60' },
  GranaryErrors: {
    [`granary_requests_total{${node('a')}, operation="GetObject", status="503"}`]: '0+120x60',
  },
  GranaryVolumeFills: { [`granary_store_available_bytes{${node('a')}}`]: '9e9x60' },
  GranaryOperatorLeaderless: { 'granary_operator_is_leader{pod="granary-1"}': '0x60' },
  GranaryReconcilesFail: {
    'granary_operator_reconciles_total{controller="bucket", outcome="success"}': '7x60',
  },
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'granary-alerts-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function promtool(...args: readonly string[]): string {
  return execFileSync(findCommand('promtool') ?? 'promtool', args, { encoding: 'utf8' })
}

/** Says whether so many alerts, of that name if one is given, fire in the end; throws what is otherwise. */
function expectFiring(series: Series, alert: string | undefined, count: number): void {
  const name = alert === undefined ? '' : `alertname="${alert}", `
  const expectation = {
    expr: `count(ALERTS{${name}alertstate="firing"})`,
    eval_time: EVALUATED,
    exp_samples: count === 0 ? [] : [{ labels: '{}', value: count }],
  }
  const inputs = Object.entries(series).map(([name, values]) => ({ series: name, values }))
  const test = { interval: '1m', input_series: inputs, promql_expr_test: [expectation] }
  const file = join(folder, 'test.yaml')
  writeFileSync(file, stringify({ rule_files: [RULES], evaluation_interval: '1m', tests: [test] }))
  promtool('test', 'rules', file)
}

test('Prometheus takes the rules', () => {
  expect(promtool('check', 'rules', RULES)).toContain(`SUCCESS: ${alerts.length} rules found`)
})

test('nothing fires in a region that is well', () => {
  expectFiring(well, undefined, 0)
})

test.each(alerts)('$alert fires, and says what to do', ({ alert, annotations }) => {
  expectFiring({ ...well, ...troubles[alert] }, alert, 1)
  expect(Object.keys(annotations).sort()).toEqual(['description', 'summary'])
})

test('an operator that tells nothing leads nowhere', () => {
  const silent = Object.entries(well).filter(([name]) => !name.includes('is_leader'))
  expectFiring(Object.fromEntries(silent), 'GranaryOperatorLeaderless', 1)
})

test('every number that is asked for is told by somebody', () => {
  const dashboard = readFileSync(join(CHART, 'dashboards', 'granary.json'), 'utf8')
  const asked = `${readFileSync(RULES, 'utf8')}${dashboard}`.match(/granary_[a-z_]+/g) ?? []
  const told = sourcesOf('storage-node') + sourcesOf('operator')
  const missing = [...new Set(asked)].filter(
    (name) => !told.includes(`'${name.replace(/_bucket$/, '')}'`),
  )
  expect(asked.length).toBeGreaterThan(5)
  expect(missing).toEqual([])
})

function sourcesOf(product: string): string {
  const source = join(__dirname, '..', '..', product, 'src')
  const names = readdirSync(source, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(source, name), 'utf8'))
    .join('')
}
