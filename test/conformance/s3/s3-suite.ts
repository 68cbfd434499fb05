/**
 * C5 to C7: the command-line clients of the S3 dialect and the functional tests of an SDK, held against the lists of
 * what is expected to fail, and a load.
 *
 * @module
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Access } from '../../support/oss-request.ts'
import { sumCounts } from '../../support/test-counts.ts'
import type { Counts } from '../../support/test-counts.ts'
import type { Case } from '../cases.ts'
import { outcomesOf, runCases } from '../cases.ts'
import type { CommandTool } from '../command-tool.ts'
import { judgeOutcomes, readList } from '../judged-outcomes.ts'
import { awsCases } from './aws-cases.ts'
import { randomS3SignatureCases } from '../random-signatures.ts'
import { ClientFiles } from './client-files.ts'
import { runMinioGoSuite } from './minio-go-suite.ts'
import { rcloneCases } from './rclone-cases.ts'
import { s3cmdCases } from './s3cmd-cases.ts'
import { awsCli, rclone, s3cmd } from './s3-tools.ts'
import { warpCases } from './warp-cases.ts'

/** Paths of programs that are built for these suites. */
export interface S3Programs {
  /** The functional tests of minio-go. */
  readonly minioGo: string
  readonly warp: string
}

export interface S3SuiteOptions {
  /** By the address: the bucket stands in the path. */
  readonly byPath: Access
  /** By a name: the bucket may stand before it. */
  readonly byHost: Access
  readonly folder: string
  readonly programs: S3Programs
  /** A folder of real files to carry. */
  readonly sources: string
}

type MakeCases = (tool: CommandTool, bucket: string, files: ClientFiles) => Case[]

/** Runs one client after the other. */
export async function runS3Suite(options: S3SuiteOptions): Promise<Counts> {
  const { byPath, byHost, folder } = options
  const at = (client: string) => join(folder, client)
  mkdirSync(folder)
  const clients: [string, CommandTool, MakeCases][] = [
    ['s3cmd-v4', s3cmd(at('s3cmd-v4'), byPath, 'v4'), s3cmdCases],
    ['s3cmd-v2', s3cmd(at('s3cmd-v2'), byPath, 'v2'), s3cmdCases],
    ['rclone-other', rclone(at('rclone-other'), byPath, 'Other'), rcloneCases],
    ['rclone-alibaba', rclone(at('rclone-alibaba'), byHost, 'Alibaba'), rcloneCases],
    ['aws', awsCli(at('aws'), byPath), awsCases],
  ]
  const counts: Counts[] = []
  for (const [name, tool, make] of clients) {
    const expectations = readList('s3/s3-failures.txt', name.replace('-', '_'))
    const files = await ClientFiles.make(at(name), options.sources)
    const outcomes = outcomesOf(make(tool, `c5-${name}`, files))
    counts.push(await judgeOutcomes(`s3 ${name}`, outcomes, expectations))
  }
  counts.push(await runCases('s3 signatures', randomS3SignatureCases(byPath)))
  const suite = { binary: options.programs.minioGo, folder: at('minio-go'), access: byPath }
  const expectations = readList('s3/minio-go-failures.txt', 'v4')
  counts.push(await judgeOutcomes('minio-go', runMinioGoSuite(suite), expectations))
  counts.push(await runCases('load', warpCases(options.programs.warp, at('warp'), byPath)))
  return sumCounts(counts)
}
