import { ManualClock } from '../base/manual-clock.ts'
import type { Logger } from '../base/logger.ts'
import { UnknownOutcomeError } from '../cluster/primary-calls.ts'
import { BackgroundLoop } from './background-loop.ts'

test('a round that fails is reported, as an error unless it passes by itself, and tried again', async () => {
  const lines: string[] = []
  const say =
    (level: string): Logger['info'] =>
    (message, fields) => {
      lines.push(`${level} ${message}: ${fields?.['cause'] ?? fields?.['error']}`)
    }
  const logger = { info: say('info'), warn: say('warn'), error: say('error') }
  const clock = new ManualClock(0)
  const failures = [new UnknownOutcomeError(new Error('No lease')), new TypeError('a mistake')]
  let rounds = 0
  const loop = new BackgroundLoop({ name: 'work', intervalMs: 10, clock, logger }, () => {
    const failure = failures[rounds++]
    return failure === undefined ? Promise.resolve() : Promise.reject(failure)
  })
  for (let round = 0; round < 3; round++) {
    clock.advance(10)
    await new Promise(setImmediate)
  }
  await loop.stop()
  expect(rounds).toBe(3)
  expect(lines).toEqual([
    'info Maintenance waits: Error: No lease',
    'error Maintenance failed: a mistake',
  ])
})
