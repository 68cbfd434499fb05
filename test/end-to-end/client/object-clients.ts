/**
 * What the traffic is made with: the SDK `ali-oss` and the command ossutil, both with what the Secret says now.
 *
 * @module
 */

import { mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
  return {
    async put(key, bytes) {
      const { tool, url } = now()
      writeFileSync(body, bytes)
      await tool.run('cp', '--force', body, url(key), ...patience)
    },
    async get(key) {
      const { tool, url } = now()
      rmSync(body, { force: true })
      const args = ['cp', '--force', url(key), body, ...patience]
      const { code, output } = await tool.start(...args).outcome
      if (code === 0) return readFileSync(body)
      if (/NoSuchKey|StatusCode=404/.test(output)) return undefined
      throw new Error(`ossutil ended with ${code}: ${output.slice(-500)}`)
    },
    async remove(key) {
      const { tool, url } = now()
      await tool.run('rm', '--force', url(key), ...patience)
    },
  }
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
