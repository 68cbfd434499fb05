import { escapeXml, xmlDocument, xmlElement, xmlGroup, xmlOptional } from './xml-writer.ts'

test.each([
  ['plain / text', 'plain / text'],
  ['a<b>&c', 'a&lt;b&gt;&amp;c'],
  ['"quoted"', '"quoted"'],
  ['tab\tline\n', 'tab\tline\n'],
  ['\u0001\u001f\u007f\r', '&#x1;&#x1F;&#x7F;&#xD;'],
  ['你\u{1f600}', '你\u{1f600}'],
])('%j is written as %s', (text, written) => expect(escapeXml(text)).toBe(written))

test('a document has a prolog and one root', () => {
  const content =
    xmlElement('B', 1) + xmlOptional('C', undefined) + xmlGroup('D', xmlElement('E', true))
  expect(xmlDocument('A', content)).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<A><B>1</B><D><E>true</E></D></A>',
  )
})
