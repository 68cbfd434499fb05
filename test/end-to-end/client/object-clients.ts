/**
 * What the traffic is made with: the SDK `ali-oss` and the command ossutil, both with what the Secret says now.
 *
 * @module
 */

import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from '../../conformance/command-tool.ts'
import { aliOssClient } from '../../conformance/npm-clients/ali-oss-client.ts'
import type { SmokeClient } from '../../conformance/npm-clients/smoke-client.ts'
import { Ossutil } from '../../conformance/ossutil.ts'
import type { Access } from '../../support/oss-request.ts'

/** The few things that traffic consists of; each throws what its client throws. */
export interface ObjectClient {
  put(key: string, body: Buffer): Promise<void>
  /** Undefined where there is none. */
  get(key: string): Promise<Buffer | undefined>
  remove(key: string): Promise<void>
}

const TIMEOUT_MS = 10_000
const RETRY_COUNT_MAX = 3
const RETRY_PAUSE_MS = 500
const OUTPUT_KEPT = 500

interface BucketAccess extends Access {
  readonly bucket: string
}

/** The SDK, anew whenever the Secret in `folder` has changed. */
export function sdkObjectClient(folder: string): ObjectClient {
  let present: { readonly access: BucketAccess; readonly client: SmokeClient } | undefined
  const now = () => {
    const access = readSecret(folder)
    if (present?.access.accessKeyId !== access.accessKeyId) {
      const settings = { ...access, timeout: TIMEOUT_MS, retryMax: RETRY_COUNT_MAX }
      present = { access, client: aliOssClient(settings, true) }
    }
    return { bucket: access.bucket, client: present.client }
  }
  return {
    async put(key, body) {
      const { bucket, client } = now()
      await client.put(bucket, key, body, 'blue')
    },
    async get(key) {
      const { bucket, client } = now()
      return client.get(bucket, key).catch((error: unknown) => {
        if ((error as { code?: unknown }).code === 'NoSuchKey') return undefined
        throw error
      })
    },
    async remove(key) {
      const { bucket, client } = now()
      await client.remove(bucket, key)
    },
  }
}

/** The command, one process a request; `work` is a folder of its own. */
export function commandObjectClient(folder: string, binary: string, work: string): ObjectClient {
  mkdirSync(work, { recursive: true })
  const now = () => {
    const access = readSecret(folder)
    const tool = new Ossutil(binary, work, access, 'v4')
    return { tool, url: (key: string) => `oss://${access.bucket}/${key}` }
  }
  const seconds = String(TIMEOUT_MS / 1000)
  const limits = ['--connect-timeout', seconds, '--read-timeout', seconds]
  const patience = [...limits, '--retry-times', String(RETRY_COUNT_MAX)]
  const body = join(work, 'body')
  const run = async (args: (url: string) => readonly string[], key: string) => {
    const { tool, url } = now()
    return persistently(() => tool.start(...args(url(key)), ...patience).outcome)
  }
  return {
    async put(key, bytes) {
      writeFileSync(body, bytes)
      mustSucceed(await run((url) => ['cp', '--force', body, url], key))
    },
    async get(key) {
      rmSync(body, { force: true })
      const outcome = await run((url) => ['cp', '--force', url, body], key)
      if (/NoSuchKey|StatusCode=404/.test(outcome.output)) return undefined
      mustSucceed(outcome)
      return readFileSync(body)
    },
    async remove(key) {
      mustSucceed(await run((url) => ['rm', '--force', url], key))
    },
  }
}

/** SDKs dial again where nobody answered; ossutil does so for some commands only. */
async function persistently(run: () => Promise<Outcome>): Promise<Outcome> {
  for (let left = RETRY_COUNT_MAX; ; left--) {
    const outcome = await run()
    if (left === 0 || !outcome.output.includes('connect: connection refused')) return outcome
    await sleep(RETRY_PAUSE_MS)
  }
}

function mustSucceed({ code, output }: Outcome): void {
  if (code !== 0) throw new Error(`ossutil ended with ${code}: ${output.slice(-OUTPUT_KEPT)}`)
}

/** All of one moment: the kubelet replaces the folder that a link leads to. */
function readSecret(folder: string): BucketAccess {
  const present = realpathSync(join(folder, '..data'))
  const text = (name: string) => readFileSync(join(present, name), 'utf8')
  return {
    accessKeyId: text('OSS_ACCESS_KEY_ID'),
    accessKeySecret: text('OSS_ACCESS_KEY_SECRET'),
    endpoint: text('OSS_ENDPOINT'),
    region: text('OSS_REGION'),
    bucket: text('OSS_BUCKET'),
  }
}
