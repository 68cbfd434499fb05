import { readTrafficLimit } from './traffic-limit.ts'

const header = 'x-oss-traffic-limit'
const inHeader = (text: string) =>
  readTrafficLimit({ method: 'GET', query: [], headers: { [header]: text } })
const inQuery = (value: string) =>
  readTrafficLimit({
    method: 'GET',
    query: [{ name: header, value, hasEquals: true }],
    headers: {},
  })

test.each([
  ['245760', 30_720],
  ['819200', 102_400],
  ['838860800', 104_857_600],
])('%s bits a second are %s bytes', (text, bytes) => {
  expect([inHeader(text), inQuery(text)]).toEqual([bytes, bytes])
})

test.each(['245759', '838860801', '', 'x', '1e6', '-819200', '819200.5', '9'.repeat(400)])(
  '%.20s is refused',
  (text) => {
    for (const read of [inHeader, inQuery]) {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
    }
  },
)

test('a request that says nothing has no limit', () => {
  expect(readTrafficLimit({ method: 'GET', query: [], headers: {} })).toBeUndefined()
})
