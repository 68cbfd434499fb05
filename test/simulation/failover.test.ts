import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { GARBAGE_COLLECTION } from './seed-pool.ts'

const root = join(import.meta.dirname, '..', '..')
const KILL_COUNT = 20
const TIMEOUT_MS = 200_000

interface Figures {
  readonly n: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly refused: number
}

/** Outside of jest's sandbox, in which every look at a global costs a hundred multiplications. */
function measure(): Map<string, Figures> {
  const program = join('test', 'simulation', 'failover.ts')
  const args = [...GARBAGE_COLLECTION, program, '--kills', String(KILL_COUNT)]
  const lines = execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }).trim()
  return new Map(lines.split('\n').map(readLine))
}

function readLine(line: string): [string, Figures] {
  const [name = '', ...words] = line.split(' ')
  const entries = words.map((word) => word.split('=')).map(([key, value]) => [key, Number(value)])
  return [name, Object.fromEntries(entries) as Figures]
}

test(
  'partitions of a dead primary are served again within 4 s, of one that hands over at once',
  () => {
    const figures = measure()
    const names = ['failover', 'handover', 'secondary', 'rolling']
    const [failover, handover, secondary, rolling] = names.map((name) => figures.get(name))
    expect(failover?.n).toBeGreaterThan(KILL_COUNT)
    expect(failover?.p50).toBeLessThanOrEqual(3_500)
    expect(failover?.p99).toBeLessThanOrEqual(4_000)
    expect(handover?.n).toBeGreaterThan(0)
    expect(handover?.max).toBeLessThanOrEqual(100)
    // A store that leads nothing costs no request, and none more than a moment.
    expect(secondary?.n).toBeGreaterThan(0)
    expect(secondary?.refused).toBe(0)
    expect(secondary?.max).toBeLessThanOrEqual(100)
    expect(rolling?.n).toBeGreaterThan(0)
    expect(rolling?.max).toBeLessThanOrEqual(250)
  },
  TIMEOUT_MS,
)
