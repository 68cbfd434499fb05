/**
 * Errors about upload forms (oss.md 2.6, 3.2).
 *
 * @module
 */

import type { OssErrorDefinition } from './definition.ts'

export const formErrors = {
  RequestIsNotMultiPartContent: {
    status: 400,
    ec: '0010-00000001',
    message: 'Bucket POST must be of the enclosure-type multipart/form-data.',
  },
  MalformedPOSTRequest: {
    status: 400,
    ec: '0010-00000002',
    message: 'The body of your POST request is not well-formed multipart/form-data.',
  },
  IncorrectNumberOfFilesInPOSTRequest: {
    status: 400,
    ec: '0010-00000003',
    message: 'POST requires exactly one file upload per request.',
  },
  FieldItemTooLong: {
    status: 400,
    ec: '0010-00000004',
    message: 'Your POST request has a field that is too long.',
  },
  MaxPOSTPreDataLengthExceededError: {
    status: 400,
    ec: '0010-00000005',
    message: 'Your POST request fields preceding the upload file were too large.',
  },
} as const satisfies Record<string, OssErrorDefinition>
