/**
 * What happens in each failure, as text.
 *
 * @module
 */

import { playScenario, readScenario, scenarioNames } from './run-scenario.ts'
import { formatTranscript, parseTranscript } from './transcript.ts'

test.each(scenarioNames())('%s', (name) => {
  const text = readScenario(name)
  // When this is meant to change: npm run scenarios -- --rewrite
  expect(playScenario(text)).toBe(text)
})

test('a scenario that goes another way shows', () => {
  const { heading, rounds } = parseTranscript(readScenario('zone-loss'))
  const [first, ...rest] = rounds
  const outcome = first?.outcome.filter((line) => !line.includes('acknowledges'))
  const wrong = formatTranscript({
    heading,
    rounds: [{ commands: first?.commands ?? [], outcome: outcome ?? [] }, ...rest],
  })
  expect(playScenario(wrong)).not.toBe(wrong)
  expect(playScenario(wrong)).toBe(readScenario('zone-loss'))
})

test.each([
  ['jump a', 'There must be a command "jump"'],
  ['elapse soon', '"soon" must be a time such as 200ms or 3.5s'],
  ['crash z', 'stores are named by letters'],
  ['crash a after lunch', 'A store dies after one of prepare, ack, promise, swap, write'],
])('"%s" is refused', (line, message) => {
  expect(() => playScenario(`partition members=a,b,c\n${line}`)).toThrow(message)
})

test('a command needs a partition', () => {
  expect(() => playScenario('write')).toThrow('"write" must come after partition')
})
