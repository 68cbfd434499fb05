/**
 * How documents spell a region and its endpoints (oss.md 5.21).
 *
 * @module
 */

/** What documents tell of a region. */
export interface RegionNames {
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  readonly extranetEndpoint: string
  readonly intranetEndpoint: string
}

/** `oss-cn-hangzhou`: the spelling of Location. */
export function locationOf(region: string): string {
  return `oss-${region}`
}
