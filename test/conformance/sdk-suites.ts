/**
 * C3 and C4 side by side: the SDKs' own tests against a running server, held against the lists of what is
 * expected to fail.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { LocalServer } from '../support/local-server.ts'
import { sendOssRequest } from '../support/oss-request.ts'
import { sumCounts } from '../support/test-counts.ts'
import type { Counts } from '../support/test-counts.ts'
import { runCases } from './cases.ts'
import { judgeOutcomes, readList } from './judged-outcomes.ts'
import { runGoSdkSuite } from './go-sdk-suite.ts'
import type { GoSdkTests } from './go-tools.ts'
import { runOss2Suite } from './oss2-suite.ts'
import type { Oss2Tools } from './python-tools.ts'
import { randomSignatureCases } from './random-signatures.ts'
import { apartEnvironment, giveAccounts, userEnvironment } from './sdk-accounts.ts'
import { startTlsFront } from './tls-front.ts'

/** Processes at a time of each of the three runs. */
const WIDTH = 3
const PORT = 80
/** The Go SDK's test of path style takes a bucket that is there. */
const PATH_STYLE_BUCKET = 'c4-path-style'

export interface SdkSuitesOptions {
  readonly server: LocalServer
  readonly dataFolder: string
  readonly folder: string
  /** Undefined: that suite is not asked for. */
  readonly oss2: Oss2Tools | undefined
  readonly goSdk: GoSdkTests | undefined
}

/** Runs the suites that are asked for, and says what is not as listed. */
export async function runSdkSuites(options: SdkSuitesOptions): Promise<Counts> {
  const { server, folder, oss2, goSdk } = options
  mkdirSync(folder)
  const { access } = server
  const domains = ['', `oss-${access.region}.`, `${access.region}.`].map(
    (below) => `${below}aliyuncs.com`,
  )
  const front = await startTlsFront(folder, PORT, domains)
  const environment = {
    ...environmentOf(options, front.certificate),
    ...(await giveAccounts(access, options.dataFolder)),
  }
  await sendOssRequest(access, { method: 'PUT', bucket: PATH_STYLE_BUCKET })
  const common = { environment, width: WIDTH }
  const signers = randomSignatureCases(oss2, goSdk, environment)
  const runs: Promise<Counts>[] = [runCases('signatures', signers)]
  for (const signature of ['v1', 'v4'] as const) {
    if (oss2 === undefined) break
    const expectations = readList('oss2-failures.txt', signature)
    const apart = apartEnvironment(`oss2-${signature}`)
    const suite = { ...common, apart, tools: oss2, signature, expectations }
    const outcomes = runOss2Suite({ ...suite, folder: join(folder, `oss2-${signature}`) })
    runs.push(judgeOutcomes(`oss2 ${signature}`, outcomes, expectations))
  }
  if (goSdk !== undefined) {
    const expectations = readList('go-sdk-failures.txt', 'v4')
    const ofUser = { ...environment, ...userEnvironment }
    const apart = apartEnvironment('go-sdk')
    const suite = { ...common, apart, environment: ofUser, tests: goSdk, expectations }
    const outcomes = runGoSdkSuite({ ...suite, folder: join(folder, 'go-sdk') })
    runs.push(judgeOutcomes('go-sdk v4', outcomes, expectations))
  }
  try {
    return sumCounts(await Promise.all(runs))
  } finally {
    front.stop()
  }
}

/** What all the suites are told in the same words. */
function environmentOf({ server: { access } }: SdkSuitesOptions, certificate: string) {
  return {
    OSS_TEST_ACCESS_KEY_ID: access.accessKeyId,
    OSS_TEST_ACCESS_KEY_SECRET: access.accessKeySecret,
    OSS_TEST_REGION: access.region,
    // As answers name it: what the suites clean up they look for by the endpoint that a list of buckets shows.
    OSS_TEST_ENDPOINT: `http://oss-${access.region}.aliyuncs.com`,
    OSS_TEST_PATHSTYLE_BUCKET: PATH_STYLE_BUCKET,
    SSL_CERT_FILE: certificate,
    REQUESTS_CA_BUNDLE: certificate,
    ALIBABA_CLOUD_CA_BUNDLE: certificate,
  }
}
