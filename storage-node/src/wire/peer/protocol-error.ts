/**
 * The one error of everything that reads what a peer has sent.
 *
 * @module
 */

/** A peer's bytes are not of the form they must have: garbage, another version, beyond a limit. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}
