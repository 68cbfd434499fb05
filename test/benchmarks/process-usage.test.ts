import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpuMicroseconds,
  parseCpuMicroseconds,
  parseParent,
  parseResidentBytes,
  parseScheduledMicroseconds,
  processTree,
} from './process-usage.ts'

test('user and system time are added, whatever the program is called', () => {
  const stat = '7 (a ) (b) S 1 7 7 0 -1 4194560 1 2 3 4 250 17 5 6 20 0 11 0 100 200 300'
  expect(parseCpuMicroseconds(stat)).toBe(2_670_000)
})

test('a parent is found, whatever the program is called', () => {
  expect(parseParent('7 (a ) (b) S 12 7 7 0 -1 4194560')).toBe(12)
})

test('a tree of processes holds the children of children', async () => {
  const child = spawn('sh', ['-c', 'sleep 60 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const grandchild = Number(line.toString())
  try {
    expect(processTree(child.pid ?? 0)).toEqual([child.pid, grandchild])
  } finally {
    process.kill(grandchild)
    await once(child, 'exit')
  }
})

test('a thread tells its time in nanoseconds', () => {
  expect(parseScheduledMicroseconds('1234567 89 10\n')).toBe(1234.567)
})

test('resident memory is read in bytes', () => {
  expect(parseResidentBytes('VmHWM:\t  9 kB\nVmRSS:\t    2048 kB\nRssAnon:\t 1 kB\n')).toBe(
    2 * 1024 ** 2,
  )
})

test('the time of this process grows with its work', () => {
  const before = cpuMicroseconds(process.pid)
  const until = before + 50_000
  let work = 0
  while (cpuMicroseconds(process.pid) < until) work++
  expect(work).toBeGreaterThan(0)
})
