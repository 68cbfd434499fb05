/**
 * What a browser calls, called by Chromium from pages of another origin.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Access } from '../../support/oss-request.ts'
import type { Counts } from '../../support/test-counts.ts'
import { browserMustHaveCalled } from '../called-operations.ts'
import { runCases } from '../cases.ts'
import { browserSdkCases } from './browser-sdk-cases.ts'
import type { Witness } from './browser-world.ts'
import { startChromium } from './chromium.ts'
import { corsCases } from './cors-cases.ts'
import { downloadCases } from './download-cases.ts'
import { startPageServer } from './page-server.ts'
import { uploadFormCases } from './upload-form-cases.ts'

export interface BrowserSuiteOptions {
  /** The path of Chromium. */
  readonly chromium: string
  /** The server, by a name below which buckets have names that resolve. */
  readonly access: Access
  /** What the server keeps its data in. */
  readonly dataFolder: string
  readonly folder: string
}

const BUCKET = 'conformance-browser'

/** Runs the cases in one browser, each in pages of its own. */
export async function runBrowserSuite(options: BrowserSuiteOptions): Promise<Counts> {
  const { access, folder, dataFolder } = options
  mkdirSync(folder)
  const OssClient = createRequire(import.meta.url)('ali-oss') as new (options: object) => Witness
  const oss = new OssClient({ ...access, region: `oss-${access.region}`, authorizationV4: true })
  await oss.putBucket(BUCKET)
  oss.useBucket(BUCKET)
  const pages = await startPageServer()
  const context = await startChromium(options.chromium, folder)
  try {
    const world = { context, pages, oss, access, bucket: BUCKET, folder }
    const accessLog = join(dataFolder, 'log', 'access.log')
    return await runCases('browser', [
      ...uploadFormCases(world),
      ...downloadCases(world),
      ...corsCases(world),
      ...browserSdkCases(world, dataFolder),
      { name: 'what nothing else calls', run: () => browserMustHaveCalled(accessLog) },
      { name: 'the bucket is emptied and removed', run: () => removeBucket(oss) },
    ])
  } finally {
    await context.close()
    pages.stop()
  }
}

async function removeBucket(oss: Witness): Promise<void> {
  const { objects = [] } = await oss.listV2({ 'max-keys': 100 })
  await oss.deleteMulti(objects.map(({ name }) => name))
  await oss.deleteBucket(BUCKET)
}
