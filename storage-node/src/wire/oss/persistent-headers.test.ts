import { readPersistentHeaders } from './persistent-headers.ts'

const encoded = (value: string) => Buffer.from(value, 'latin1').toString('base64')
const read = (text: string) => readPersistentHeaders({ 'x-oss-persistent-headers': text })

test('headers are kept as they were sent', () => {
  expect(readPersistentHeaders({})).toEqual([])
  expect(read('')).toEqual([])
  expect(read(`My-Header:${encoded('a: b, c')}, other:${encoded('ü')},empty:`)).toEqual([
    ['my-header', 'a: b, c'],
    ['other', 'ü'],
    ['empty', ''],
  ])
  expect(read(`a:${encoded('v'.repeat(6000))}`)).toHaveLength(1)
})

test('they are 8 KB at most as they are sent', () => {
  const digits = encoded('v'.repeat((8188 / 4) * 3))
  expect(read(`abc:${digits}`)).toHaveLength(1)
  expect(() => read(`abcd:${digits}`)).toThrow(/must be 8192 bytes at most/)
})

test.each([
  'a',
  ':YQ==',
  'a b:YQ==',
  'a:%%',
  'a:YQ',
  'a:YQ==,',
  `a:${encoded('x\r\nset-cookie: y')}`,
  `a:${encoded('\0')}`,
  'a:YQ==,A:Yg==',
  'Content-Length:MQ==',
  'etag:MQ==',
  'transfer-encoding:MQ==',
  'set-cookie:MQ==',
  'x-oss-object-type:MQ==',
  'access-control-allow-origin:Kg==',
  `a:${encoded('v'.repeat(7000))}`,
])('%.60s is refused', (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }))
})
