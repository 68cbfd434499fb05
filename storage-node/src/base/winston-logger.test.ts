import { PassThrough } from 'node:stream'
import { winstonLogger } from './winston-logger.ts'

test('a line is one JSON object with time, level, message and fields', () => {
  const stream = new PassThrough()
  winstonLogger(stream).warn('Disk "a" is\nslow', { delayMs: 12, unknown: undefined })
  const text = String(stream.read())
  expect(text.trim().split('\n')).toHaveLength(1)
  expect(JSON.parse(text)).toEqual({
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    level: 'warn',
    message: 'Disk "a" is\nslow',
    delayMs: 12,
  })
})
