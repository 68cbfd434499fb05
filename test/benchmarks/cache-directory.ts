/**
 * Where the benchmarks keep what outlives a run: compiled helpers and results.
 *
 * @module
 */

import { homedir } from 'node:os'
import { join } from 'node:path'

/** The user's cache directory for Granary. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'granary')
}
