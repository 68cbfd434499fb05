import { winstonLogger } from './base/winston-logger.ts'
import { holdLines } from './local-log.ts'

test('lines are kept in order until they are released, then pass at once', () => {
  const written: string[] = []
  const held = holdLines({ write: (text) => written.push(text) })
  const logger = winstonLogger(held)
  logger.info('one')
  logger.info('two')
  expect(written).toEqual([])
  held.release()
  expect(written.join('')).toMatch(/one.*\n.*two.*\n$/)
  logger.info('three')
  expect(written[1]).toContain('three')
})
