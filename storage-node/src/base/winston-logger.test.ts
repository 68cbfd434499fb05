import { winstonLogger } from './winston-logger.ts'

test('a line is one JSON object with time, level, message and fields', () => {
  let text = ''
  winstonLogger({ write: (line) => (text += line) }).warn('Disk "a" is\nslow', {
    delayMs: 12,
    unknown: undefined,
  })
  expect(text.trim().split('\n')).toHaveLength(1)
  expect(JSON.parse(text)).toEqual({
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    level: 'warn',
    message: 'Disk "a" is\nslow',
    delayMs: 12,
  })
})
