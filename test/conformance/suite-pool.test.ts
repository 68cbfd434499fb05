import { tmpdir } from 'node:os'
import { inPool, runProgram } from './suite-pool.ts'

const shell = (script: string, timeoutMs = 10_000) =>
  runProgram({
    ...{ command: 'sh', args: ['-c', script], folder: tmpdir(), timeoutMs },
    environment: { GIVEN: 'word' },
  })

test('a program gets its environment and folder, and both its streams are kept', async () => {
  const { code, output } = await shell('echo $GIVEN; pwd >&2; exit 3')
  expect(code).toBe(3)
  expect(output.split('\n').sort()).toEqual(['', tmpdir(), 'word'].sort())
})

test('what takes too long is killed with what it has started', async () => {
  const startedMs = performance.now()
  const { code } = await shell('sleep 60 & sleep 60', 200)
  expect(code).toBe('SIGKILL')
  expect(performance.now() - startedMs).toBeLessThan(10_000)
})

test('a command that is not there is an error', async () => {
  const program = { args: [], folder: tmpdir(), environment: {}, timeoutMs: 1_000 }
  await expect(runProgram({ ...program, command: 'granary-no-such' })).rejects.toThrow('ENOENT')
})

test('a pool is never wider than it may be, and keeps the order', async () => {
  let running = 0
  let widest = 0
  const results = await inPool([30, 10, 20, 0, 5], 2, async (ms) => {
    widest = Math.max(widest, ++running)
    await new Promise((wake) => setTimeout(wake, ms))
    running -= 1
    return ms
  })
  expect(results).toEqual([30, 10, 20, 0, 5])
  expect(widest).toBe(2)
})
