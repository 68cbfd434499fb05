import type { OssError } from '../../model/errors.ts'
import { FORM_HEADERS_BYTES_MAX } from '../../model/limits.ts'
import { readBoundary, readFormPart } from './post-form-part.ts'
import type { FormPart } from './post-form-part.ts'
import {
  formContentType,
  formHeaders,
  readFormKey,
  readRedirect,
  readSuccessStatus,
} from './post-form.ts'

const part: FormPart = { name: 'file', filename: 'grain.txt', contentType: 'text/plain' }
const latin1 = (text: string) => Buffer.from(text).toString('latin1')
const fieldsOf = (fields: Record<string, string>) => new Map(Object.entries(fields))

/** What it comes to: a value, or the code of a refusal. */
function outcome<T>(act: () => T): T | string {
  try {
    return act()
  } catch (error) {
    return (error as OssError).code
  }
}

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['Multipart/Form-Data;charset=utf-8; Boundary="a b;c"', 'a b;c'],
  [
    'multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxk',
    '----WebKitFormBoundary7MA4YWxk',
  ],
  [undefined, 'RequestIsNotMultiPartContent'],
  ['application/x-www-form-urlencoded', 'RequestIsNotMultiPartContent'],
  ['multipart/form-database; boundary=a', 'RequestIsNotMultiPartContent'],
  ['multipart/mixed; boundary=a', 'RequestIsNotMultiPartContent'],
  ['multipart/form-data', 'MalformedPOSTRequest'],
  ['multipart/form-data; boundary=', 'MalformedPOSTRequest'],
  [`multipart/form-data; boundary=${'a'.repeat(256)}`, 'a'.repeat(256)],
  [`multipart/form-data; boundary=${'a'.repeat(257)}`, 'MalformedPOSTRequest'],
])('%s has the boundary %s', (type, expected) => {
  expect(outcome(() => readBoundary(type))).toBe(expected)
})

test.each<[string, Partial<FormPart> | undefined]>([
  ['form-data; name="Key"', { name: 'key', filename: '' }],
  ['form-data; name=key', { name: 'key' }],
  ['form-data; name="file"; filename="a b.txt"', { filename: 'a b.txt' }],
  ['form-data; name="file"; filename="say \\"hi\\".txt"', { filename: 'say "hi".txt' }],
  ['form-data; name="file"; filename="C:\\dir\\a.txt"', { filename: 'a.txt' }],
  ['form-data; name="file"; filename="../../etc/passwd"', { filename: 'passwd' }],
  [`form-data; name="file"; filename="${latin1('grün.txt')}"`, { filename: 'grün.txt' }],
  ["form-data; name=file; filename=x; filename*=UTF-8''gr%C3%BCn.txt", { filename: 'grün.txt' }],
  ['form-data; filename="a"', undefined],
  ['attachment; name="a"', undefined],
  ['', undefined],
])('the head %s says %j', (disposition, expected) => {
  const read = readFormPart({ 'content-disposition': [disposition], 'content-type': ['a/b; c=d'] })
  if (expected === undefined) expect(read).toBeUndefined()
  else expect(read).toMatchObject({ ...expected, contentType: 'a/b; c=d' })
})

test.each([
  [{ key: 'a/${filename}' }, 'a/grain.txt'],
  [{ key: '${filename}-${filename}' }, 'grain.txt-grain.txt'],
  [{ key: latin1('grün') }, 'grün'],
  [{}, 'InvalidArgument'],
  [{ key: '' }, 'InvalidObjectName'],
  [{ key: '/a' }, 'InvalidObjectName'],
  [{ key: '\xff' }, 'InvalidObjectName'],
  [{ key: 'a'.repeat(1023) }, 'a'.repeat(1023)],
  [{ key: 'a'.repeat(1024) }, 'InvalidObjectName'],
])('%j names %s', (fields, expected) => {
  expect(outcome(() => readFormKey(fieldsOf(fields as Record<string, string>), part))).toBe(
    expected,
  )
})

test('a name that looks like a replacement stays what it is', () => {
  const odd = { ...part, filename: '$&$1' }
  expect(readFormKey(fieldsOf({ key: '${filename}' }), odd)).toBe('$&$1')
})

test('the type of the object is that of the field, of the part, or of any bytes', () => {
  expect(formContentType(fieldsOf({ 'x-oss-content-type': 'a/b' }), part)).toBe('a/b')
  expect(formContentType(fieldsOf({ 'content-type': 'a/b' }), part)).toBe('text/plain')
  const none = { ...part, contentType: undefined }
  expect(formContentType(fieldsOf({}), none)).toBe('application/octet-stream')
})

test('fields become headers, and beat those of the request', () => {
  const sent = {
    'x-oss-object-acl': 'private',
    'x-oss-meta-a': 'sent',
    'x-oss-date': 'now',
    'content-type': 'multipart/form-data',
    'cache-control': 'no-cache',
  }
  const fields = fieldsOf({
    'x-oss-object-acl': 'public-read',
    expires: 'never',
    'x-oss-signature': 's',
    submit: 'Upload',
  })
  expect({ ...formHeaders(sent, fields, 'a/b') }).toEqual({
    'x-oss-object-acl': 'public-read',
    'x-oss-meta-a': 'sent',
    expires: 'never',
    'content-type': 'a/b',
  })
})

test.each([
  [{ 'x-oss-meta-a': 'b\r\nx: y' }, 'InvalidArgument'],
  [{ 'cache-control': '\0' }, 'InvalidArgument'],
  [{ 'x-oss-tagging': 'a=b' }, 'NotImplemented'],
  [{ 'x-oss-meta-a': 'x'.repeat(FORM_HEADERS_BYTES_MAX) }, 'FieldItemTooLong'],
])('%j is refused', (fields, code) => {
  expect(outcome(() => formHeaders({}, fieldsOf(fields as Record<string, string>), 'a/b'))).toBe(
    code,
  )
})

test('headers of a form are as many bytes as they may', () => {
  const value = 'x'.repeat(FORM_HEADERS_BYTES_MAX - 'a/b'.length - 'expires'.length)
  expect(formHeaders({}, fieldsOf({ expires: value }), 'a/b')['expires']).toBe(value)
  expect(outcome(() => formHeaders({}, fieldsOf({ expires: `${value}x` }), 'a/b'))).toBe(
    'FieldItemTooLong',
  )
})

test('answers that a form asks for', () => {
  expect(readRedirect(fieldsOf({}))).toBeUndefined()
  expect(readRedirect(fieldsOf({ success_action_redirect: 'https://a/b?c' }))?.href).toBe(
    'https://a/b?c',
  )
  for (const text of ['javascript:alert(1)', '/relative', 'ftp://a']) {
    expect(outcome(() => readRedirect(fieldsOf({ success_action_redirect: text })))).toBe(
      'InvalidArgument',
    )
  }
  const statuses = ['200', '201', '204', '500', 'x', ''].map((text) =>
    readSuccessStatus(fieldsOf({ success_action_status: text })),
  )
  expect(statuses).toEqual([200, 201, 204, 204, 204, 204])
})
