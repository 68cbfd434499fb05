/**
 * The chart by Helm itself: it is clean, a real API server takes what it renders, and wrong values are refused.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse, parseAllDocuments } from 'yaml'
import { bedEnvironment, kubectl } from './bed.ts'

interface Rendered {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> }
  readonly [field: string]: unknown
}

const root = join(__dirname, '..', '..')
const CHART = join(root, 'charts', 'granary')
/** A namespace that goes takes a while, and nothing new may be in it. */
const NAMESPACE = `chart-${Date.now().toString(36)}`
const MONITORED = [
  '--set=serviceMonitor.enabled=true,prometheusRule.enabled=true,dashboard.enabled=true',
  '--set=serviceMonitor.labels.release=prometheus',
]

beforeAll(async () => {
  await kubectl(['create', 'namespace', NAMESPACE])
  const level = 'pod-security.kubernetes.io/enforce=restricted'
  await kubectl(['label', 'namespace', NAMESPACE, '--overwrite', level])
})

afterAll(async () => {
  await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false'])
})

async function helm(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('helm', args, { env: bedEnvironment() })).stdout
}

async function render(...args: readonly string[]): Promise<readonly Rendered[]> {
  const version = parse(await kubectl(['version', '--output=yaml'])) as {
    serverVersion: { gitVersion: string }
  }
  const kubernetes = `--kube-version=${version.serverVersion.gitVersion}`
  const place = `--namespace=${NAMESPACE}`
  const text = await helm('template', 'granary', CHART, place, kubernetes, ...args)
  return parseAllDocuments(text).flatMap((document) => {
    expect(document.errors).toEqual([])
    const object = document.toJS() as Rendered | null
    return object === null ? [] : [object]
  })
}

test('Helm finds nothing against it', async () => {
  expect(await helm('lint', '--strict', CHART)).toContain('1 chart(s) linted, 0 chart(s) failed')
})

test.each([
  ['as it is', []],
  ['with one operator', ['--set=replicaCount=1']],
  ['with a Region of other form', ['--set-json=region.spec={"storage":{"size":"5Gi"}}']],
  ['without a Region', ['--set=region.create=false', '--set=defaultRegion=oss/eu']],
  ['with COSI', ['--set=cosi.enabled=true,cosi.sidecarImage=localhost/sidecar:1']],
  ['with everything for pods', ['--set=priorityClassName=high,imagePullSecrets[0].name=pull']],
])('the API server takes it %s', async (_name, args) => {
  const objects = await render(...args)
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  const answer = await kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], list)
  expect(answer.trim().split('\n')).toHaveLength(objects.length)
})

test('what Prometheus and Grafana read is there on request, and only then', async () => {
  const kinds = (objects: readonly Rendered[]) => objects.map(({ kind }) => kind)
  const plain = kinds(await render())
  for (const kind of ['ServiceMonitor', 'PrometheusRule']) expect(plain).not.toContain(kind)
  const objects = await render(...MONITORED)
  expect(kinds(objects).filter((kind) => kind === 'ServiceMonitor')).toHaveLength(2)
  const rules = objects.find(({ kind }) => kind === 'PrometheusRule')
  expect(rules?.['spec']).toEqual(parse(readFileSync(join(CHART, 'rules', 'alerts.yaml'), 'utf8')))
  const dashboard = objects.find(({ metadata }) => metadata.name === 'granary-dashboard')
  const { 'granary.json': text = '' } = dashboard?.['data'] as Record<string, string>
  expect((JSON.parse(text) as { panels: unknown[] }).panels.length).toBeGreaterThan(5)
})

test('the Region outlives the release', async () => {
  const region = (await render()).find(({ kind }) => kind === 'Region')
  expect(region?.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' })
})

test('the versions of chart and packages are one', () => {
  const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Record<string, string>
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  expect([chart['version'], chart['appVersion']]).toEqual([version, version])
})

test.each([
  ['replicaCount=0', 'replicaCount'],
  ['replicaCout=2', 'replicaCout'],
  ['region.name=EU', 'region.name'],
  ['region.create=yes', 'region.create'],
  ['image.pullPolicy=Sometimes', 'image.pullPolicy'],
  ['defaultRegion=a/b/c', 'defaultRegion'],
  ['resyncSeconds=1', 'resyncSeconds'],
  ['serviceMonitor.interval=often', 'serviceMonitor.interval'],
  ['cosi.driverName=-granary', 'cosi.driverName'],
  ['cosi.enabled=true', 'cosi.sidecarImage'],
])('%s is refused by name', async (value, name) => {
  const rendered = render(`--set=${value}`)
  await expect(rendered).rejects.toThrow(name.split('.').at(-1) as string)
})
