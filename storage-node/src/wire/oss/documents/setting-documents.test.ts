import fc from 'fast-check'
import { CORS_METHODS } from '../../../model/cors.ts'
import type { Tag } from '../../../model/tag.ts'
import { readCorsConfiguration, writeCorsConfiguration } from './cors-configuration.ts'
import {
  readRequestPaymentConfiguration,
  writeRequestPaymentConfiguration,
} from './request-payment-configuration.ts'
import { readTagging, writeTagging } from './tagging.ts'
import {
  readVersioningConfiguration,
  writeVersioningConfiguration,
} from './versioning-configuration.ts'

/** Any text that XML can carry. */
const text = fc
  .string({ unit: 'binary', maxLength: 20 })
  .map((value) => value.replace(/[\0\ufffe\uffff]/g, ''))

test('tags come back from their document as they went in', () => {
  const tags: fc.Arbitrary<Tag[]> = fc.array(fc.tuple(text, text), { maxLength: 20 })
  fc.assert(
    fc.property(tags, (value) => {
      expect(readTagging(Buffer.from(writeTagging(value)))).toEqual(value)
    }),
  )
})

test('switches come back from their documents as they went in', () => {
  for (const versioning of ['Enabled', 'Suspended'] as const) {
    const document = Buffer.from(writeVersioningConfiguration(versioning))
    expect(readVersioningConfiguration(document)).toBe(versioning)
  }
  for (const payer of ['BucketOwner', 'Requester'] as const) {
    const document = Buffer.from(writeRequestPaymentConfiguration(payer))
    expect(readRequestPaymentConfiguration(document)).toBe(payer)
  }
})

test('CORS rules come back from their document as they went in', () => {
  const sign = fc.constantFrom(...'aZ09-.:/_~!$&')
  const word = fc.string({ unit: sign, minLength: 1, maxLength: 10 })
  const pattern = fc.tuple(word, fc.constantFrom('', '*')).map((parts) => parts.join(''))
  const letter = fc.constantFrom(...'aZ09-_~')
  const header = fc.string({ unit: letter, minLength: 1, maxLength: 10 })
  const rule = fc.record({
    allowedOrigins: fc.array(pattern, { minLength: 1, maxLength: 3 }),
    allowedMethods: fc.subarray([...CORS_METHODS], { minLength: 1 }),
    allowedHeaders: fc.array(fc.oneof(header, fc.constant('x-*'), fc.constant('*'))),
    exposeHeaders: fc.array(header),
    maxAgeSeconds: fc.option(fc.nat(999_999_999), { nil: undefined }),
  })
  const rules = fc.array(rule, { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fc.record({ rules, responseVary: fc.boolean() }), (cors) => {
      expect(readCorsConfiguration(Buffer.from(writeCorsConfiguration(cors)))).toEqual(cors)
    }),
  )
})

test.each([
  readCorsConfiguration,
  readTagging,
  readVersioningConfiguration,
  readRequestPaymentConfiguration,
])('%p reads any bytes or says MalformedXML', (read) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
    }),
  )
})
