/**
 * The commands of the README, word for word, from an empty cluster to applications that store objects; and what is
 * left when everything is uninstalled, and there when it is installed again.
 *
 * The one difference: there is no Docker, so the image of each `docker build` is laid by the test bed.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bedEnvironment, getJson, kubectl } from '../cluster/bed.ts'
import { layOperatorImage } from '../cluster/operator-image.ts'
import { layStorageNodeImage } from '../cluster/storage-node-image.ts'
import type { Observed } from './granary.ts'
import { runHelm } from './granary.ts'
import { expectFullTraffic, Traffic } from './traffic.ts'
import { until } from './until.ts'

const root = join(__dirname, '..', '..')
const COMMANDS = readmeCommands()
/** As the commands have it. */
const [NAMESPACE, REGION, SHOP, SECRET] = ['granary', 'cn-hangzhou', 'default', 'photos']
const READY_MS_MAX = 90_000
/** How few seconds it takes is what the suite `install` is about, without images that were just laid. */
const SECRET_MS_MAX = 30_000
const GONE_MS_MAX = 120_000

let traffic: Traffic

/** Those of the section on Kubernetes, in their order. */
function readmeCommands(): readonly string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const [section = ''] = /^## On Kubernetes$.*?(?=^## )/ms.exec(readme) ?? []
  return [...section.matchAll(/^ {4}((?:docker|helm|kubectl) .+)$/gm)].map(([, line = '']) => line)
}

afterAll(async () => {
  await removePods(SHOP)
  const sample = join(root, 'charts', 'granary', 'sample.yaml')
  await kubectl(['delete', '--ignore-not-found', '--filename', sample])
  await removeRegion().catch(() => {})
  await runHelm('uninstall', 'granary', `-n${NAMESPACE}`).catch(() => {})
  await kubectl(['delete', 'namespace', NAMESPACE, '--timeout=60s'])
})

test('the commands of the README lead from an empty cluster to a Secret', async () => {
  expect(COMMANDS).toHaveLength(5)
  const startMs = Date.now()
  const [first, second, install, wait, applySample] = COMMANDS
  for (const command of [first, second]) layImage(command ?? '')
  const installedMs = Date.now()
  for (const command of [install, wait]) await run(command ?? '')
  const readyMs = Date.now()
  await run(applySample ?? '')
  const isThere = () => kubectl(['get', 'secret', SECRET, `-n${SHOP}`]).then(() => true)
  const secretMs = await until('the Secret is there', isThere, SECRET_MS_MAX)
  console.log(
    `Images ${installedMs - startMs} ms, helm install to Region Ready ${readyMs - installedMs} ms, ` +
      `kubectl apply to the Secret ${secretMs} ms`,
  )
  expect(readyMs - installedMs).toBeLessThan(READY_MS_MAX)
})

test('applications store objects, and helm test passes beside them', async () => {
  traffic = await Traffic.start(SHOP, SECRET)
  await expectFullTraffic(traffic)
  expect(await runHelm('test', 'granary', `-n${NAMESPACE}`)).toContain('Succeeded')
})

test('volumes stay when everything is uninstalled, and the data is back when it is installed again', async () => {
  const before = await volumes()
  expect(before).toHaveLength(3)
  await traffic.pause()
  await runHelm('uninstall', 'granary', `-n${NAMESPACE}`, '--wait')
  await removeRegion()
  await until('no storage node runs', async () => (await list('pods')).length === 0, GONE_MS_MAX)
  expect(await volumes()).toEqual(before)

  for (const command of COMMANDS.slice(2)) await run(command)
  await traffic.verify()
})

/** What `docker build` would make. */
function layImage(command: string): void {
  const [, file, tag = ''] = /^docker build --file (\S+) --tag (\S+) \.$/.exec(command) ?? []
  const image = `docker.io/${tag}`
  if (file === 'storage-node/Dockerfile') layStorageNodeImage(image, root)
  else if (file === 'operator/Dockerfile') layOperatorImage(image)
  else throw new Error(`There is no stand-in for: ${command}`)
}

async function run(command: string): Promise<void> {
  await promisify(execFile)('sh', ['-c', command], { cwd: root, env: bedEnvironment() })
}

async function list(kind: string): Promise<readonly Observed[]> {
  return (await getJson<{ items: readonly Observed[] }>([kind, `-n${NAMESPACE}`])).items
}

async function volumes(): Promise<readonly string[]> {
  return (await list('persistentvolumeclaims')).map(({ metadata }) => metadata.uid)
}

async function removeRegion(): Promise<void> {
  await kubectl(['delete', 'region', REGION, `-n${NAMESPACE}`, '--timeout=60s'])
}

async function removePods(namespace: string): Promise<void> {
  await kubectl(['delete', 'pods', '--all', `-n${namespace}`])
}
