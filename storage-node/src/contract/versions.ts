/**
 * What this code calls itself.
 *
 * @module
 */

/** As in package.json. */
export const PROGRAM_VERSION = '0.1.0'
