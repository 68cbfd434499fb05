/**
 * Requests of random names, parameters and headers as the SDKs' own signers sign them: whatever else becomes of
 * one, its signature is never refused, nor is it the server's mistake.
 *
 * @module
 */

import { join } from 'node:path'
import type { Access } from '../support/oss-request.ts'
import type { Case } from './cases.ts'
import type { GoSdkTests } from './go-tools.ts'
import type { Oss2Tools } from './python-tools.ts'
import { runProgram } from './suite-pool.ts'

/** Of each way to sign. */
const REQUEST_COUNT = 200
const TIMEOUT_MS = 300_000
const DESCRIBED_MAX = 5

/** A line of what the programs write. */
interface SignedRequest {
  /** Version, and whether the signature stands in the header or the URL. */
  readonly way: string
  readonly what: unknown
  readonly status: number
  readonly code: string
}

interface Signer {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly ways: readonly string[]
}

/** The signers of the suites that are asked for. */
export function randomSignatureCases(
  oss2: Oss2Tools | undefined,
  goSdk: GoSdkTests | undefined,
  environment: Readonly<Record<string, string>>,
): Case[] {
  const script = join(import.meta.dirname, 'python', 'sign_random.py')
  const signers: Signer[] = []
  if (oss2 !== undefined) {
    const ways = ['v1 header', 'v1 url', 'v2 header', 'v4 header', 'v4 url']
    signers.push({ name: 'oss2', command: oss2.python, args: [script], ways })
  }
  if (goSdk !== undefined) {
    const ways = ['v1 header', 'v1 url', 'v4 header', 'v4 url']
    signers.push({ name: 'the Go SDK', command: goSdk.signer, args: [], ways })
  }
  return casesOf(signers, environment)
}

/** The signer of the tool aws, which has to be there already. */
export function randomS3SignatureCases(access: Access): Case[] {
  const script = join(import.meta.dirname, 'python', 'sign_random_s3.py')
  const ways = ['s3 v4 header', 's3 v4 url']
  // The tool is Debian's, and so is its interpreter.
  const signer = { name: 'botocore', command: '/usr/bin/python3', args: [script], ways }
  return casesOf([signer], {
    AWS_ACCESS_KEY_ID: access.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.accessKeySecret,
    AWS_DEFAULT_REGION: access.region,
    S3_ENDPOINT: new URL(access.endpoint).origin,
  })
}

function casesOf(
  signers: readonly Signer[],
  environment: Readonly<Record<string, string>>,
): Case[] {
  const seed = Math.floor(Math.random() * 2 ** 31)
  return signers.map((signer) => ({
    name: `what ${signer.name} signs is let in, seed ${seed}`,
    run: () => runSigner(signer, seed, environment),
  }))
}

async function runSigner(
  { command, args, ways }: Signer,
  seed: number,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, output } = await runProgram({
    command,
    args: [...args, String(seed), String(REQUEST_COUNT)],
    folder: import.meta.dirname,
    environment: { ...environment, PYTHONDONTWRITEBYTECODE: '1' },
    timeoutMs: TIMEOUT_MS,
  })
  if (code !== 0) throw new Error(`It ended with ${code}\n${output}`)
  const lines = output.trim().split('\n')
  const requests = lines.map((line) => JSON.parse(line) as SignedRequest)
  for (const way of ways) {
    const count = requests.filter((request) => request.way === way).length
    if (count !== REQUEST_COUNT) throw new Error(`${count} requests of ${way}`)
  }
  const bad = requests.filter(({ status }) => status === 403 || status >= 500)
  if (bad.length > 0) {
    const described = bad.slice(0, DESCRIBED_MAX).map((request) => JSON.stringify(request))
    throw new Error(`${bad.length} of ${requests.length} are refused\n${described.join('\n')}`)
  }
  const done = requests.filter(({ status }) => status < 300).length
  return `${requests.length} requests, ${done} of them done`
}
