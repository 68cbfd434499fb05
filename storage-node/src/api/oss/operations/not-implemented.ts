/**
 * Operations that are known but not served yet: refused by name, never mistaken for another.
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'

/** What a request for such an operation gets. */
export function operationNotImplemented(name: string): OssError {
  return new OssError('NotImplemented', {
    message: `The operation ${name} is not implemented.`,
    details: [{ name: 'Operation', value: name }],
  })
}
