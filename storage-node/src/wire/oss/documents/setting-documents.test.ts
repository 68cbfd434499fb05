import fc from 'fast-check'
import { CORS_METHODS } from '../../../model/cors.ts'
import type { Tag } from '../../../model/tag.ts'
import { readArchiveDirectRead, writeArchiveDirectRead } from './archive-direct-read.ts'
import { readCorsConfiguration, writeCorsConfiguration } from './cors-configuration.ts'
import {
  readRequestPaymentConfiguration,
  writeRequestPaymentConfiguration,
} from './request-payment-configuration.ts'
import { readRestoreRequest } from './restore-request.ts'
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
  for (const isEnabled of [true, false]) {
    expect(readArchiveDirectRead(Buffer.from(writeArchiveDirectRead(isEnabled)))).toBe(isEnabled)
  }
})

test('what a restore asks for is read, all of it or nothing', () => {
  const days = fc.option(fc.integer({ min: 1, max: 365 }), { nil: undefined })
  const tiers = ['Expedited', 'Standard', 'Bulk'] as const
  const priority = fc.option(fc.constantFrom(...tiers), { nil: undefined })
  fc.assert(
    fc.property(days, priority, (days, priority) => {
      const length = days === undefined ? '' : `<Days>${days}</Days>`
      const tier = priority === undefined ? '' : `<Tier>${priority}</Tier>`
      const document = `<RestoreRequest>${length}<JobParameters>${tier}</JobParameters></RestoreRequest>`
      expect(readRestoreRequest(Buffer.from(document))).toEqual({ days, priority })
    }),
  )
  expect(readRestoreRequest(new Uint8Array())).toEqual({ days: undefined, priority: undefined })
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
  readArchiveDirectRead,
])('%p reads any bytes or says MalformedXML', (read) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
    }),
  )
})
