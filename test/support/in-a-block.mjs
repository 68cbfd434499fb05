/**
 * Puts a module of a package into a block: names of the language that it declares anew are its own there,
 * and do not clash with those that jest.config.mjs takes past jest's sandbox.
 *
 * @module
 */

export default {
  process: (source) => ({ code: `'use strict'\n{${source}\n}\n` }),
}
