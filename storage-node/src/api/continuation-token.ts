/**
 * Tokens by which a list goes on where a page of it ended.
 *
 * @module
 */

import { invalidArgument } from '../model/errors.ts'

/** Opaque to clients; safe in a URL as it is. */
export function encodeToken(next: string): string {
  return Buffer.from(next).toString('base64url')
}

/** Throws InvalidArgument for what is no token. */
export function decodeToken(token: string): string {
  const after = Buffer.from(token, 'base64').toString()
  // Whatever we did not make would silently list from somewhere.
  if (encodeToken(after) === token.replace(/=+$/, '')) return after
  throw invalidArgument('continuation-token', token, 'The continuation token is not valid.')
}
