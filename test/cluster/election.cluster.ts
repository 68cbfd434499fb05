/**
 * Operators as processes, with the rights that the chart gives them: they apply their definitions, one leads, and
 * when it is killed the other one takes over.
 *
 * @module
 */

import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parse, parseAllDocuments, stringify } from 'yaml'
import { leases } from '../../operator/src/testing.ts'
import { apply, bedEnvironment, getJson, kubectl } from './bed.ts'
import type { KubeconfigClient } from './kubeconfig-client.ts'
import { openKubeconfigClient } from './kubeconfig-client.ts'

const root = join(__dirname, '..', '..')
/** A namespace that goes takes a while, and nothing new may be in it. */
const NAMESPACE = `operators-${Date.now().toString(36)}`
const LEASE = { namespace: NAMESPACE, name: 'granary-operator' }
/** The most that killing the leader may cost (kubernetes.md). */
const FAILOVER_MS_MAX = 20_000
const START_MS_MAX = 60_000

interface Operator {
  readonly name: string
  readonly child: ChildProcess
  readonly lines: string[]
}

let folder: string
let cluster: KubeconfigClient
const operators: Operator[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-operators-'))
  cluster = openKubeconfigClient()
  await kubectl(['create', 'namespace', NAMESPACE])
  await applyRights()
  await writeKubeconfig()
})

afterAll(async () => {
  for (const { child } of operators) child.kill('SIGKILL')
  await kubectl(['delete', 'namespace', NAMESPACE, '--wait=false'])
  const name = `${NAMESPACE}-granary`
  await kubectl(['delete', 'clusterrole,clusterrolebinding', name])
  cluster.close()
  rmSync(folder, { recursive: true })
})

/** Those of the chart, and nothing else of it. */
async function applyRights(): Promise<void> {
  const chart = join(root, 'charts', 'granary')
  const args = ['template', 'granary', chart, `--namespace=${NAMESPACE}`, '--kube-version=1.34.0']
  const { stdout } = await promisify(execFile)('helm', args, { env: bedEnvironment() })
  const objects = parseAllDocuments(stdout).map((document) => document.toJS() as { kind: string })
  await apply(objects.filter(({ kind }) => /Role|ServiceAccount/.test(kind)))
}

/** The administrator's, with the token of the operator's ServiceAccount in place of his own. */
async function writeKubeconfig(): Promise<void> {
  const token = await kubectl(['create', 'token', 'granary', `--namespace=${NAMESPACE}`])
  const path = bedEnvironment()['KUBECONFIG'] ?? ''
  const config = parse(readFileSync(path, 'utf8')) as { users: [{ user: object }] }
  config.users[0].user = { token: token.trim() }
  writeFileSync(join(folder, 'kubeconfig'), stringify(config))
}

function start(name: string): Operator {
  const entry = join(root, 'operator', 'src', 'main.ts')
  const child = spawn(process.execPath, [entry], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      KUBECONFIG: join(folder, 'kubeconfig'),
      GRANARY_OPERATOR_NAME: name,
      GRANARY_OPERATOR_NAMESPACE: NAMESPACE,
      GRANARY_STORAGE_NODE_IMAGE: 'granary/storage-node:none',
      GRANARY_PROBES_PORT: '0',
    },
  })
  const lines: string[] = []
  child.stderr?.setEncoding('utf8').on('data', (text: string) => lines.push(text))
  const operator = { name, child, lines }
  operators.push(operator)
  return operator
}

async function holder(): Promise<string | undefined> {
  return (await cluster.as().get(leases, LEASE))?.spec?.holderIdentity
}

async function until(what: string, ms: number, holds: () => Promise<boolean>): Promise<number> {
  const startMs = Date.now()
  while (!(await holds())) {
    if (Date.now() - startMs > ms) {
      throw new Error(
        `${what}: not within ${ms} ms\n${operators.map(({ lines }) => lines.join(''))}`,
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return Date.now() - startMs
}

const leads = ({ lines }: Operator) => lines.join('').includes('"message":"Leads"')

test('killing the leader costs at most 20 s, stopping it next to nothing', async () => {
  const first = start('first')
  await until('the first leads', START_MS_MAX, async () => leads(first))
  const second = start('second')
  await until('the second is there', START_MS_MAX, async () => second.lines.length > 0)
  expect(await holder()).toBe('first')
  first.child.kill('SIGKILL')
  const killedMs = await until('the second leads', START_MS_MAX, async () => leads(second))
  console.log(`Killed: another operator led after ${killedMs} ms`)
  expect(killedMs).toBeLessThan(FAILOVER_MS_MAX)
  expect(await holder()).toBe('second')

  const third = start('third')
  await until('the third is there', START_MS_MAX, async () => third.lines.length > 0)
  second.child.kill('SIGTERM')
  const stoppedMs = await until('the third leads', START_MS_MAX, async () => leads(third))
  console.log(`Stopped: another operator led after ${stoppedMs} ms`)
  expect(stoppedMs).toBeLessThan(5_000)
})

test('the leader applies the definitions that it was built with', async () => {
  const name = 'buckets.granary.dev'
  const column = [{ op: 'remove', path: '/spec/names/categories' }]
  await kubectl(['patch', 'crd', name, '--type=json', `--patch=${JSON.stringify(column)}`])
  for (const { child } of operators) child.kill('SIGTERM')
  const fourth = start('fourth')
  await until('the fourth leads', START_MS_MAX, async () => leads(fourth))
  await until('the definition is whole again', START_MS_MAX, async () => {
    const definition = await getJson<{ spec: { names: { categories?: string[] } } }>(['crd', name])
    return definition.spec.names.categories?.[0] === 'granary'
  })
})

test('the rights of the chart are enough', () => {
  const refused = operators
    .flatMap(({ lines }) => lines)
    .filter((line) => /cannot \w+ resource/.test(line))
  expect(refused).toEqual([])
})

test('no log line holds the token', () => {
  const config = readFileSync(join(folder, 'kubeconfig'), 'utf8')
  const token = /token: (\S+)/.exec(config)?.[1] ?? 'there is none'
  expect(config).toContain(token)
  for (const { lines } of operators) expect(lines.join('')).not.toContain(token)
})
