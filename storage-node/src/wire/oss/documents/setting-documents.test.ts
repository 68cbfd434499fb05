import fc from 'fast-check'
import type { Tag } from '../../../model/tag.ts'
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

test.each([readTagging, readVersioningConfiguration, readRequestPaymentConfiguration])(
  '%p reads any bytes or says MalformedXML',
  (read) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(() => read(bytes)).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
      }),
    )
  },
)
