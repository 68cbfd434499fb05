/**
 * C6: the functional tests of minio-go, all of them rather than the few of its core mode.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import type { Access } from '../../support/oss-request.ts'
import { runProgram } from '../suite-pool.ts'
import type { Outcome } from '../test-outcomes.ts'

const RUN_MS_MAX = 10 * 60_000
const NAME = /^minio-go: /

export interface MinioGoSuite {
  readonly binary: string
  readonly folder: string
  readonly access: Access
}

/** Runs them; a test whose feature the server says is not there has shown nothing, so it counts as failed. */
export async function runMinioGoSuite({
  binary,
  folder,
  access,
}: MinioGoSuite): Promise<Outcome[]> {
  mkdirSync(folder)
  const { code, output } = await runProgram({
    ...{ command: binary, args: [], folder, timeoutMs: RUN_MS_MAX },
    environment: {
      SERVER_ENDPOINT: new URL(access.endpoint).host,
      ACCESS_KEY: access.accessKeyId,
      SECRET_KEY: access.accessKeySecret,
      ENABLE_HTTPS: '0',
      ENABLE_KMS: '0',
      MINT_MODE: 'full',
      RUN_ON_FAIL: '1',
    },
  })
  const ending = { name: 'the program', hasPassed: code === 0, output: output.slice(-4000) }
  return [...readMinioGoTests(output), ending]
}

interface Report {
  readonly name: string
  readonly status: string
}

/** Reads what it wrote, a line of JSON for each thing tried: a test has passed when all of its lines say so. */
export function readMinioGoTests(output: string): Outcome[] {
  const tests = new Map<string, { hasPassed: boolean; output: string }>()
  for (const line of output.split('\n')) {
    const report = readReport(line)
    if (report === undefined) continue
    const name = report.name.replace(NAME, '')
    const before = tests.get(name) ?? { hasPassed: true, output: '' }
    const hasPassed = before.hasPassed && report.status === 'PASS'
    tests.set(name, { hasPassed, output: `${before.output}${line}\n` })
  }
  return [...tests].map(([name, test]) => ({ name, ...test }))
}

function readReport(line: string): Report | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const report = JSON.parse(line) as Partial<Report>
    const { name, status } = report
    return typeof name === 'string' && typeof status === 'string' ? { name, status } : undefined
  } catch {
    return undefined
  }
}
