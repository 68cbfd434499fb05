/**
 * What errors become in the admin API.
 *
 * @module
 */

import { OssError } from '../model/errors.ts'
import { AdminError, answerOfError } from './admin-error.ts'

const withStatus = (status: number) => Object.assign(new Error('it quotes the body'), { status })

const cases: readonly [error: unknown, status: number, code: string, message: unknown][] = [
  [new AdminError(404, 'NoSuchPath', 'Nothing here'), 404, 'NoSuchPath', 'Nothing here'],
  [
    new OssError('BucketAlreadyExists', { details: [{ name: 'BucketName', value: 'b' }] }),
    409,
    'BucketAlreadyExists',
    expect.stringContaining('(BucketName b)'),
  ],
  [
    new OssError('EntityAlreadyExists.AccessKey'),
    409,
    'NameTaken',
    expect.stringContaining('another account'),
  ],
  [
    new OssError('ServiceUnavailable'),
    503,
    'ServiceUnavailable',
    expect.stringContaining('try again'),
  ],
  [withStatus(413), 413, 'EntityTooLarge', 'The body is too large'],
  [withStatus(415), 415, 'InvalidEncoding', 'The body must not be compressed'],
  [withStatus(400), 400, 'InvalidRequest', 'The request cannot be read'],
]

test.each(cases)('%s is answered', (error, status, code, message) => {
  expect(answerOfError(error)).toEqual({ status, body: { code, message } })
})

test.each([new Error('a mistake'), withStatus(500), new TypeError('x'), 'text'])(
  '%s is something that went wrong inside',
  (error) => {
    expect(answerOfError(error)).toBeUndefined()
  },
)
