import { releaseBytes } from './release-bytes.ts'

/** Of the realm that the function belongs to: jest's sandbox has its own `ArrayBuffer`. */
const bytesOf = (sizeBytes: number) => new Uint8Array(new ArrayBuffer(sizeBytes))

test('bytes that fill their memory are empty afterwards', () => {
  const bytes = bytesOf(4096)
  releaseBytes(bytes)
  expect(bytes.byteLength).toBe(0)
  expect(bytes.buffer.byteLength).toBe(0)
})

test.each([
  ['memory that holds more', bytesOf(8192).subarray(0, 4096)],
  ['a few bytes', bytesOf(4095)],
  ['memory that threads share', new Uint8Array(new SharedArrayBuffer(4096))],
])('%s is left alone', (_, bytes) => {
  const { byteLength } = bytes
  releaseBytes(bytes)
  expect(bytes.byteLength).toBe(byteLength)
})
