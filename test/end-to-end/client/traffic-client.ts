/**
 * An application in a pod: traffic with the Secret of its namespace, which it is asked about over HTTP.
 *
 * `GET /report` tells what was measured, `POST /measure` begins to measure anew, `POST /pause` ends the traffic,
 * `POST /verify` too, and compares every object with what was acknowledged. It records what it knows, and goes on from
 * there when its container starts again.
 *
 * @module
 */

import { appendFileSync, existsSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { ExpectedObjects } from './expected-objects.ts'
import type { RecordedStep } from './expected-objects.ts'
import { Measures } from './measures.ts'
import { commandObjectClient, sdkObjectClient } from './object-clients.ts'
import { digestOf, TrafficWorker } from './traffic-worker.ts'

const [name = 'client', secretFolder = '', dataFolder = '', portText = '0', ossutil = ''] =
  process.argv.slice(2)

const SDK_WORKERS = 6
const SDK_PERIOD_MS = 250
const COMMAND_PERIOD_MS = 1_000
const VERIFIED_AT_ONCE = 8
const VERIFY_ATTEMPTS = 5
const VERIFY_PAUSE_MS = 1_000

const recordFile = join(dataFolder, 'record')
const objects = openObjects()
const wrong: string[] = []
const startedMs = Date.now()
let measures = new Measures(startedMs)
const stopping = new AbortController()
const sdk = sdkObjectClient(secretFolder)
const running = Promise.all(makeWorkers().map((worker) => worker.run(stopping.signal)))

createServer((request, response) => {
  answer(`${request.method} ${request.url}`).then(
    (told) => response.end(JSON.stringify(told)),
    (error: unknown) => {
      response.statusCode = 500
      response.end(String(error))
    },
  )
}).listen(Number(portText))

process.on('SIGTERM', () => process.exit(0))

async function answer(asked: string): Promise<object> {
  switch (asked) {
    case 'GET /report':
      return report()
    case 'POST /measure':
      measures = new Measures(Date.now())
      return report()
    case 'POST /pause':
      return pause()
    case 'POST /verify':
      return verify()
    default:
      throw new Error(`There is no ${asked}`)
  }
}

function report(): object {
  const presentCount = objects.presentCount
  return { name, startedMs, presentCount, wrong, measured: measures.read(Date.now()) }
}

function openObjects(): ExpectedObjects {
  const lines = existsSync(recordFile) ? readFileSync(recordFile, 'utf8').split('\n') : []
  const steps = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as RecordedStep)
  const file = openSync(recordFile, 'a')
  return new ExpectedObjects(steps, (step) => appendFileSync(file, `${JSON.stringify(step)}\n`))
}

function makeWorkers(): TrafficWorker[] {
  const onWrong = (what: string) => wrong.push(what)
  const common = { objects, measures: () => measures, onWrong }
  const bySdk = Array.from({ length: SDK_WORKERS }, (_, at) => {
    const own = { name: `${name}/sdk-${at}`, kind: 'ali-oss', periodMs: SDK_PERIOD_MS, client: sdk }
    return new TrafficWorker({ ...common, ...own })
  })
  const command = commandObjectClient(secretFolder, ossutil, join(dataFolder, 'ossutil'))
  const own = { name: `${name}/ossutil`, kind: 'ossutil', periodMs: COMMAND_PERIOD_MS }
  return [...bySdk, new TrafficWorker({ ...common, ...own, client: command })]
}

async function pause(): Promise<object> {
  stopping.abort()
  await running
  return report()
}

async function verify(): Promise<object> {
  await pause()
  const keys = [...objects.keys]
  const verified = keys.length
  const verifyNext = async () => {
    for (let key = keys.pop(); key !== undefined; key = keys.pop()) await verifyKey(key)
  }
  await Promise.all(Array.from({ length: VERIFIED_AT_ONCE }, verifyNext))
  return { ...report(), verified }
}

async function verifyKey(key: string): Promise<void> {
  for (let left = VERIFY_ATTEMPTS; ; left--) {
    try {
      const problem = objects.wrongAbout(key, digestOf(await sdk.get(key)))
      if (problem !== undefined) wrong.push(problem)
      return
    } catch (error) {
      if (left > 1) await new Promise((resolve) => setTimeout(resolve, VERIFY_PAUSE_MS))
      else return void wrong.push(`${key} cannot be read: ${String(error)}`)
    }
  }
}
