/**
 * C7: warp puts load on a server for a while, with one kind of request after the other: nothing may fail.
 *
 * @module
 */

import type { Access } from '../../support/oss-request.ts'
import type { Case } from '../cases.ts'
import { CommandTool } from '../command-tool.ts'

const DURATION = '15s'
/** Of less it writes 25 GiB: these are bounds. */
const SMALL = ['--obj.size', '256KiB', '--concurrent', '8']

/** Its benchmarks, and what each is told besides. */
const BENCHMARKS: readonly (readonly [name: string, ...options: string[]])[] = [
  ['put', ...SMALL],
  ['get', ...SMALL, '--objects', '200'],
  ['mixed', ...SMALL, '--objects', '200'],
  ['list', ...SMALL, '--objects', '200'],
  // It is over when there is nothing left: many that are soon written, deleted one by one, last as long.
  ['delete', '--obj.size', '1KiB', '--concurrent', '8', '--objects', '6400', '--batch', '1'],
  ['multipart', '--part.size', '5MiB', '--parts', '20', '--concurrent', '8'],
]

/** Returns a case for each kind; each has a bucket of its own. */
export function warpCases(binary: string, folder: string, access: Access): Case[] {
  const behind = [
    ...['--host', new URL(access.endpoint).host, '--region', access.region],
    ...['--access-key', access.accessKeyId, '--secret-key', access.accessKeySecret],
    ...['--duration', DURATION, '--no-color'],
  ]
  const tool = new CommandTool({ binary, folder, behind })
  return BENCHMARKS.map(([name, ...options]) => ({
    name: `warp ${name}`,
    async run() {
      const output = await tool.run(name, '--bucket', `c7-${name}`, ...options)
      const failure = /^.*\berrors?\b.*$/im.exec(output)?.[0]
      if (failure !== undefined) throw new Error(failure)
      return /Average: ([^\n]+)/.exec(output)?.[1] ?? 'too short for an average'
    },
  }))
}
