/**
 * The one error of everything that reads stored bytes.
 *
 * @module
 */

/** Stored bytes are not of the form they must have: damaged, foreign, or of a newer version. */
export class StoredFormatError extends Error {
  override readonly name = 'StoredFormatError'
}
