/**
 * Granary as somebody has it who installed the chart: a Region of three zones, and an application's namespace with a
 * Bucket, an AccessKey and traffic.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { apply, bedEnvironment, getJson, kubectl } from '../cluster/bed.ts'
import { OPERATOR_IMAGE } from '../cluster/operator-image.ts'
import { STORAGE_NODE_IMAGE } from '../cluster/storage-node-image.ts'
import { Traffic } from './traffic.ts'
import { until } from './until.ts'

export const REGION = 'cn-hangzhou'
const RELEASE = 'granary'
const CHART = join(__dirname, '..', '..', 'charts', 'granary')
const READY_MS_MAX = 90_000
const REMOVAL_TIMEOUT = '--timeout=90s'
const BUCKET = 'photos'
const ACCESS_KEY = 'photos'

/** What the tests read of any object. */
export interface Observed {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly labels?: Readonly<Record<string, string>>
    readonly generation?: number
    readonly deletionTimestamp?: string
  }
  readonly spec: Readonly<Record<string, unknown>>
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly observedGeneration?: number
    readonly podIP?: string
    readonly partitions?: {
      readonly total: number
      readonly active: number
      readonly underReplicated: number
    }
    readonly [field: string]: unknown
  }
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
}

export class Granary {
  /** Of the release and its Region. */
  readonly namespace: string
  /** Of the application. */
  readonly shop: string
  #traffic: Traffic | undefined

  private constructor(run: string) {
    this.namespace = `granary-${run}`
    this.shop = `shop-${run}`
  }

  /** Installs the chart, and resolves once its Region serves. */
  static async install(values: Readonly<Record<string, unknown>> = {}): Promise<Granary> {
    const granary = new Granary(Date.now().toString(36))
    const names = [granary.namespace, granary.shop]
    await apply(names.map(restrictedNamespace))
    await granary.helm('install', { ...chartValues(), ...values })
    await until('the Region is ready', () => granary.isReady('region', REGION), READY_MS_MAX)
    return granary
  }

  /** A Bucket, an AccessKey for it, and clients in two zones. */
  async startTraffic(rotation: object | null = null): Promise<Traffic> {
    const permissions = [{ bucketRef: { name: BUCKET }, access: 'ReadWrite' }]
    await apply([
      this.resource('Bucket', BUCKET, { deletionPolicy: 'Delete', deleteContents: true }),
      this.resource('AccessKey', ACCESS_KEY, { permissions, ...(rotation && { rotation }) }),
    ])
    this.#traffic = await Traffic.start(this.shop, ACCESS_KEY)
    return this.#traffic
  }

  get traffic(): Traffic {
    if (this.#traffic === undefined) throw new Error('There is no traffic yet')
    return this.#traffic
  }

  resource(kind: string, name: string, spec: object, namespace = this.shop): object {
    return { apiVersion: 'granary.dev/v1alpha1', kind, metadata: { name, namespace }, spec }
  }

  /** Takes everything away; throws where something does not go. */
  async remove(): Promise<void> {
    const [inShop, inHome] = [`-n${this.shop}`, `-n${this.namespace}`]
    await kubectl(['delete', 'pods', '--all', inShop, '--wait=false'])
    try {
      await kubectl(['delete', 'buckets,accesskeys', '--all', inShop, REMOVAL_TIMEOUT])
      await kubectl(['delete', 'region', '--all', inHome, REMOVAL_TIMEOUT])
    } catch (error) {
      const tail = ['--tail=30', '--prefix', '--selector=app.kubernetes.io/component=operator']
      console.log(await kubectl(['logs', inHome, ...tail]))
      throw error
    } finally {
      await this.helm('uninstall')
      await kubectl(['delete', 'namespace', '--wait=false', this.namespace, this.shop])
    }
  }

  async helm(command: 'install' | 'upgrade' | 'uninstall', values: object = {}): Promise<string> {
    const given = Object.entries(values).map(([name, value]) => {
      return `--set-json=${name}=${JSON.stringify(value)}`
    })
    const chart = command === 'uninstall' ? [] : [CHART]
    const kept = command === 'upgrade' ? ['--reuse-values'] : []
    return runHelm(command, RELEASE, ...chart, ...kept, `-n${this.namespace}`, ...given)
  }

  /** An object of the Region's namespace. */
  async get(kind: string, name: string): Promise<Observed> {
    return getJson<Observed>([kind, name, `-n${this.namespace}`])
  }

  async list(kind: string, ...more: readonly string[]): Promise<readonly Observed[]> {
    const args = [kind, `-n${this.namespace}`, ...more]
    return (await getJson<{ items: readonly Observed[] }>(args)).items
  }

  /** The pods of storage nodes. */
  async storageNodePods(): Promise<readonly Observed[]> {
    return this.list('pods', '--selector=app.kubernetes.io/component=storage-node')
  }

  async condition(type: string): Promise<Condition | undefined> {
    const { status } = await this.get('region', REGION)
    return status?.conditions?.find((condition) => condition.type === type)
  }

  /** As of its present spec. */
  async isReady(kind: string, name: string): Promise<boolean> {
    return isReadyNow(await this.get(kind, name))
  }

  /** Nobody is away, every copy is there, nothing is being changed. */
  async isWhole(): Promise<boolean> {
    const region = await this.get('region', REGION)
    const { conditions = [], partitions } = region.status ?? {}
    const isSaid = (type: string, status: string) =>
      conditions.some((condition) => condition.type === type && condition.status === status)
    const calm = ['Degraded', 'QuorumAtRisk', 'Progressing'].every((type) => isSaid(type, 'False'))
    const pods = await this.storageNodePods()
    return (
      calm &&
      isReadyNow(region) &&
      partitions?.underReplicated === 0 &&
      pods.every((pod) => isReadyNow(pod) && pod.metadata.deletionTimestamp === undefined)
    )
  }

  /** Resolves with the milliseconds that it took. */
  async untilWhole(msMax = 120_000): Promise<number> {
    return until('nothing is missing any more', () => this.isWhole(), msMax)
  }
}

/** Under the strictest level of pod security. */
export function restrictedNamespace(name: string): object {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

export async function runHelm(...args: readonly string[]): Promise<string> {
  return (await promisify(execFile)('helm', args, { env: bedEnvironment() })).stdout
}

/** The images of this checkout, and small volumes that go with the Region. */
function chartValues() {
  return {
    image: splitImage(OPERATOR_IMAGE),
    storageNodeImage: splitImage(STORAGE_NODE_IMAGE),
    region: { name: REGION, spec: { storage: { size: '1Gi' }, deletionPolicy: 'Delete' } },
  }
}

export function splitImage(image: string): { readonly repository: string; readonly tag: string } {
  const at = image.lastIndexOf(':')
  return { repository: image.slice(0, at), tag: image.slice(at + 1) }
}

export function isReadyNow({ metadata, status }: Observed): boolean {
  const isSeen = (status?.observedGeneration ?? metadata.generation) === metadata.generation
  return isSeen && (status?.conditions ?? []).some(isTrue('Ready'))
}

function isTrue(type: string) {
  return (condition: Condition) => condition.type === type && condition.status === 'True'
}
