/**
 * `npm run bench`: what one workload costs, on this tree and, taking turns, on another commit.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArguments } from './arguments.ts'
import type { BenchArguments } from './arguments.ts'
import { cacheDirectory } from './cache-directory.ts'
import { checkOut, workingTree } from './checkout.ts'
import type { Checkout } from './checkout.ts'
import { Generator } from './generator.ts'
import { formatReport, reportOf } from './report.ts'
import type { WorkloadReport } from './report.ts'
import { runWorkload } from './run-workload.ts'
import { workloads } from './workloads.ts'
import { Yardstick } from './yardstick.ts'

main(process.argv.slice(2)).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
})

async function main(args: readonly string[]): Promise<void> {
  const asked = parseArguments(
    args,
    workloads.map(({ name }) => name),
  )
  if (asked.isList) {
    for (const { name, what } of workloads) print(`${name.padEnd(18)} ${what}`)
    return
  }
  const sides: Checkout[] = [workingTree()]
  if (asked.against !== undefined) sides.push(checkOut(asked.against))
  try {
    writeResults(asked, await runAll(asked, sides))
  } finally {
    for (const side of sides) side.remove()
  }
}

async function runAll(
  asked: BenchArguments,
  sides: readonly Checkout[],
): Promise<WorkloadReport[]> {
  const generator = new Generator()
  const yardstick = await Yardstick.start(generator)
  const bench = {
    generator,
    yardstick,
    sides,
    isQuick: asked.isQuick,
    dataParent: asked.data ?? tmpdir(),
    profileDirectory: asked.profile && resolve(asked.profile),
    log: (line: string) => void process.stderr.write(`- ${line}\n`),
  }
  const reports: WorkloadReport[] = []
  try {
    for (const workload of workloads.filter(({ name }) => asked.names.includes(name))) {
      print(`\n${workload.name}: ${workload.what}`)
      const report = reportOf(workload, await runWorkload(bench, workload))
      print(formatReport(report))
      reports.push(report)
    }
  } finally {
    yardstick.stop()
    generator.stop()
  }
  return reports
}

function writeResults({ out, isQuick }: BenchArguments, reports: readonly WorkloadReport[]): void {
  const nowText = new Date().toISOString()
  const file =
    out ?? join(cacheDirectory(), 'benchmarks', `${nowText.replaceAll(/[:.]/g, '-')}.json`)
  const results = {
    at: nowText,
    node: process.version,
    cpu: `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}`,
    isQuick,
    reports,
  }
  mkdirSync(dirname(resolve(file)), { recursive: true })
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  print(`\nResults as JSON: ${file}`)
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}
