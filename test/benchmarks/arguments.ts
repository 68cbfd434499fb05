/**
 * The command line of `npm run bench`.
 *
 * @module
 */

import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm run bench -- [NAME...] [--against REF] [--quick] [--out FILE] [--data DIR] [--profile DIR]
       npm run bench -- --list

NAME           workloads to run, all without one
--against REF  takes turns with the server of that commit
--quick        a tenth of the work: for trying things out, not for figures
--out FILE     where the results go as JSON, by default into the user's cache directory
--data DIR     where the stores are made, by default the directory for temporary files
--profile DIR  where Node writes a CPU profile of each server; profiling slows it down
--list         names the workloads`

/** What was asked for. */
export interface BenchArguments {
  readonly names: readonly string[]
  readonly against: string | undefined
  readonly isQuick: boolean
  readonly out: string | undefined
  readonly data: string | undefined
  readonly profile: string | undefined
  readonly isList: boolean
}

/** Parses arguments; throws an error that says all that is wrong with them. */
export function parseArguments(args: readonly string[], known: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      against: { type: 'string' },
      quick: { type: 'boolean', default: false },
      out: { type: 'string' },
      data: { type: 'string' },
      profile: { type: 'string' },
      list: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`No workload is called ${quoted(unknown)}\n\n${USAGE}`)
  return {
    names: positionals.length > 0 ? positionals : known,
    against: values.against,
    isQuick: values.quick,
    out: values.out,
    data: values.data,
    profile: values.profile,
    isList: values.list,
  }
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `"${name}"`).join(' or ')
}
