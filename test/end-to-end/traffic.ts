/**
 * Traffic of applications in two zones: pods that use the Secret of an AccessKey (client/traffic-client.ts), what
 * they saw, and whether everything is there in the end.
 *
 * @module
 */

import { sleep, systemClock } from '../../storage-node/src/base/clock.ts'
import { apply, getJson } from '../cluster/bed.ts'
import { CLIENT_IMAGE, clientPaths } from './client-image.ts'
import type { Measured } from './client/measures.ts'
import { until } from './until.ts'

/** Zones that stay whole while the third one suffers. */
export const CLIENT_ZONES = ['a', 'b'] as const

/** As a client tells it. */
export interface ClientReport {
  readonly name: string
  /** When its process has started. */
  readonly startedMs: number
  readonly presentCount: number
  /** What was found and should not have been. */
  readonly wrong: readonly string[]
  readonly measured: Measured
  /** After the end: how many keys were compared. */
  readonly verified?: number
}

const PORT = 8080
const REQUESTS_PER_SECOND_MIN = 20
/** What the loss of a pod or a zone may cost. */
const SILENCE_MS_MAX = 5_000
const ANSWER_MS_MAX = 10_000
const VERIFY_MS_MAX = 120_000
const WARM_OBJECT_COUNT = 100
const START_MS_MAX = 60_000

export class Traffic {
  readonly #namespace: string
  /** While the API server is away nobody else knows them. */
  readonly #addresses = new Map<string, string>()

  private constructor(namespace: string) {
    this.#namespace = namespace
  }

  /** In a namespace with the Secret `secret`; resolves once there are objects. */
  static async start(namespace: string, secret: string): Promise<Traffic> {
    await apply(CLIENT_ZONES.map((zone) => clientPod(namespace, zone, secret)))
    const traffic = new Traffic(namespace)
    await until(
      'there is traffic',
      async () => {
        const reports = await traffic.reports()
        return reports.every(({ presentCount }) => presentCount > WARM_OBJECT_COUNT / 2)
      },
      START_MS_MAX,
    )
    await traffic.measure()
    return traffic
  }

  /** Begins to measure anew. */
  async measure(): Promise<void> {
    await this.#ask('POST', '/measure', ANSWER_MS_MAX)
  }

  /** Ends it; `verify` may still follow. */
  async pause(): Promise<void> {
    tellTraffic(await this.reports())
    await this.#ask('POST', '/pause', ANSWER_MS_MAX)
  }

  async reports(): Promise<readonly ClientReport[]> {
    return this.#ask('GET', '/report', ANSWER_MS_MAX)
  }

  /** Ends it; throws unless every object is what was acknowledged last. Prints what was measured. */
  async verify(): Promise<readonly ClientReport[]> {
    const before = await this.reports()
    tellTraffic(before)
    const after = await this.#ask('POST', '/verify', VERIFY_MS_MAX)
    const wrong = after.flatMap((report) => report.wrong)
    const verified = after.reduce((sum, report) => sum + (report.verified ?? 0), 0)
    console.log(`${verified} keys were compared by SHA-256, ${wrong.length} are wrong`)
    if (wrong.length > 0) throw new Error(`Wrong: ${wrong.slice(0, 20).join('\n')}`)
    expect(verified).toBeGreaterThan(WARM_OBJECT_COUNT)
    return before
  }

  async #ask(method: string, path: string, ms: number): Promise<readonly ClientReport[]> {
    return Promise.all(CLIENT_ZONES.map((zone) => this.#askOne(clientName(zone), method, path, ms)))
  }

  async #askOne(pod: string, method: string, path: string, ms: number): Promise<ClientReport> {
    const address = this.#addresses.get(pod) ?? (await this.#addressOf(pod))
    const signal = AbortSignal.timeout(ms)
    const asked = fetch(`http://${address}:${PORT}${path}`, { method, signal })
    const answer = await asked.catch((error: unknown) => {
      // A pod whose machine was started anew has another one.
      this.#addresses.delete(pod)
      throw error
    })
    this.#addresses.set(pod, address)
    if (!answer.ok) throw new Error(`${pod} answered ${path} with: ${await answer.text()}`)
    return (await answer.json()) as ClientReport
  }

  async #addressOf(pod: string): Promise<string> {
    const args = ['pod', pod, `--namespace=${this.#namespace}`]
    const { status } = await getJson<{ status: { podIP?: string } }>(args)
    if (status.podIP === undefined) throw new Error(`Pod ${pod} has no address yet`)
    return status.podIP
  }
}

/** All failures that clients did not get over by trying again. */
function failuresOf(reports: readonly ClientReport[]): readonly string[] {
  return reports.flatMap(({ measured }) =>
    measured.failures.map(
      ({ at, what, error, tookMs }) => `${at} ${what} (${tookMs} ms): ${error}`,
    ),
  )
}

function requestsPerSecond(reports: readonly ClientReport[]): number {
  return reports.reduce((sum, { measured }) => {
    const answered = Object.values(measured.counts).reduce((a, b) => a + b, 0)
    return sum + (answered + measured.failureCount) / (measured.durationMs / 1000)
  }, 0)
}

/** While nothing is wrong there is as much traffic as the tests are about. */
export async function expectFullTraffic(traffic: Traffic): Promise<void> {
  await traffic.measure()
  await sleep(systemClock, 5_000)
  const reports = await traffic.reports()
  expect(failuresOf(reports)).toEqual([])
  expect(requestsPerSecond(reports)).toBeGreaterThan(REQUESTS_PER_SECOND_MIN)
}

/** Prints what clients saw of something; throws where no write was acknowledged for longer than that may last. */
export async function expectSteadyWrites(
  traffic: Traffic,
  what: string,
  silenceMsMax = SILENCE_MS_MAX,
): Promise<void> {
  for (const { measured } of await rightReports(traffic, what)) {
    expect(measured.longestSilenceMs).toBeLessThan(silenceMsMax)
  }
}

/** Prints what clients saw of something; throws where a request failed. */
export async function expectNoFailure(traffic: Traffic, what: string): Promise<void> {
  expect(failuresOf(await rightReports(traffic, what))).toEqual([])
}

async function rightReports(traffic: Traffic, what: string): Promise<readonly ClientReport[]> {
  const reports = await traffic.reports()
  console.log(what)
  tellTraffic(reports)
  for (const { wrong } of reports) expect(wrong).toEqual([])
  return reports
}

function tellTraffic(reports: readonly ClientReport[]): void {
  for (const { name, measured } of reports) {
    const { durationMs, counts, slowestWriteMs, slowestMs, longestSilenceMs } = measured
    console.log(
      `${name}: ${Math.round(durationMs / 1000)} s, ${JSON.stringify(counts)}, ` +
        `${measured.failureCount} failures, slowest write ${slowestWriteMs} ms, ` +
        `slowest request ${slowestMs} ms, longest time without a write ${longestSilenceMs} ms`,
    )
  }
  for (const failure of failuresOf(reports).slice(0, 10)) console.log(failure)
}

export function clientName(zone: string): string {
  return `client-${zone}`
}

function clientPod(namespace: string, zone: string, secretName: string): object {
  const name = clientName(zone)
  const always = (key: string) => ({ key, operator: 'Exists', effect: 'NoExecute' })
  const command = ['node', clientPaths.program, name, '/secret', '/data', String(PORT)]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: {
      nodeSelector: { 'topology.kubernetes.io/zone': zone },
      // What it knows must outlive its machine.
      tolerations: ['not-ready', 'unreachable'].map((why) => always(`node.kubernetes.io/${why}`)),
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 1,
      securityContext: {
        ...{ runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 },
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          ...{ name: 'client', image: CLIENT_IMAGE, imagePullPolicy: 'Never' },
          command: [...command, clientPaths.ossutil],
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          volumeMounts: [
            { name: 'secret', mountPath: '/secret', readOnly: true },
            { name: 'data', mountPath: '/data' },
          ],
        },
      ],
      volumes: [
        { name: 'secret', secret: { secretName } },
        { name: 'data', emptyDir: {} },
      ],
    },
  }
}
