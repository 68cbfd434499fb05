import fc from 'fast-check'
import { OssError } from '../model/errors.ts'
import { childText, findChild, findChildText, readXml } from './xml-reader.ts'
import { xmlDocument, xmlElement } from './xml-writer.ts'

const read = (text: string) => readXml(Buffer.from(text), 'A')

test('elements are found by their local names, whatever their namespace', () => {
  const root = read(
    '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<!-- c --><o:A xmlns:o="http://x" a="1"> <B>1</B>\n<o:B>2</o:B><C><![CDATA[<&]]> </C></o:A>\n',
  )
  expect(root.children.map(({ name, text }) => [name, text])).toEqual([
    ['B', '1'],
    ['B', '2'],
    ['C', '<& '],
  ])
  expect(findChildText(root, 'B')).toBe('1')
  expect(findChild(root, 'D')).toBeUndefined()
  expect(() => childText(root, 'D')).toThrow(OssError)
})

test('references are resolved, those to control characters too', () => {
  expect(read('<A>&lt;&gt;&amp;&quot;&apos;&#65;&#x4f60;</A>').text).toBe('<>&"\'A你')
  expect(read('<A>&#1;&#x1F;&#10;&#xD; \u2028\u0085</A>').text).toBe(
    '\u0001\u001f\n\r \u2028\u0085',
  )
  expect(read('<A>\u2028</A>').text).toBe('\u2028')
})

test('control characters are read as they stand, within CDATA too', () => {
  const text = '\u0001\u000b\f\u001f\u007f\u0085\u009f\u2028'
  expect(read(`<A b="\f">${text}<!-- ${text} --></A>`).text).toBe(text)
  expect(read(`<A>a<![CDATA[<${text}>]]>${text}</A>`).text).toBe(`a<${text}>${text}`)
  expect(read('<A><![CDATA[&#12;\f]]></A>').text).toBe('&#12;\f')
})

test.each([
  '',
  '   ',
  'text',
  '<A>',
  '<A></B>',
  '<A/><A/>',
  '<B/>',
  '<A>&unknown;</A>',
  '<A>&#0;</A>',
  '<A>\0</A>',
  '<\u0001A/>',
  '<A>a & b</A>',
  '<!DOCTYPE A><A/>',
  '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>',
  '<!DOCTYPE A SYSTEM "file:///etc/passwd"><A/>',
  `${'<A>'.repeat(33)}${'</A>'.repeat(33)}`,
  `<A>${'<B/>'.repeat(100_000)}</A>`,
  '{"json":true}',
])('%.60j is refused', (text) => {
  expect(() => read(text)).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
})

test('the deepest and the largest that is allowed is read', () => {
  expect(read(`${'<A>'.repeat(32)}${'</A>'.repeat(32)}`).children).toHaveLength(1)
  expect(read(`<A>${'<B/>'.repeat(99_999)}</A>`).children).toHaveLength(99_999)
})

test('bytes that are no UTF-8 are refused', () => {
  const latin1 = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><A>é</A>', 'latin1')
  expect(() => readXml(latin1, 'A')).toThrow(expect.objectContaining({ code: 'MalformedXML' }))
})

test('whatever is written as text is read back', () => {
  // XML has no way to carry NUL and the two non-characters, which are no text either.
  const text = fc.string({ unit: 'binary' }).map((value) => value.replace(/[\0\ufffe\uffff]/g, ''))
  fc.assert(
    fc.property(text, (value) => {
      expect(childText(read(xmlDocument('A', xmlElement('B', value))), 'B')).toBe(value)
    }),
    { numRuns: 1000 },
  )
})

test('any input gives a tree or MalformedXML, nothing else', () => {
  const pieces = fc.constantFrom(
    '<A>',
    '</A>',
    '<B',
    '/>',
    '<![CDATA[',
    ']]>',
    '&#',
    ';',
    '<!--',
    '-->',
    '<?',
    '"',
  )
  const soup = fc.array(fc.oneof(pieces, fc.string({ unit: 'binary', maxLength: 3 })), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(
      fc.oneof(
        soup.map((all) => Buffer.from(all.join(''))),
        fc.uint8Array(),
      ),
      (bytes) => {
        try {
          readXml(bytes, 'A')
        } catch (error) {
          expect(error).toMatchObject({ code: 'MalformedXML' })
        }
      },
    ),
    { numRuns: 2000 },
  )
})
