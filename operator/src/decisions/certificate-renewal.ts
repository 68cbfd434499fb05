/**
 * Whether a certificate is still the right one: for these names, of this authority, with a third of
 * its life left.
 *
 * @module
 */

/** Whom a certificate is for. */
export interface CertificateNames {
  readonly commonName: string
  /** Identities within a region: `granary://<region>/<pod>`. */
  readonly uris: readonly string[]
  readonly hosts: readonly string[]
}

/** What a certificate says. */
export interface CertificateFacts {
  readonly uris: readonly string[]
  readonly hosts: readonly string[]
  readonly fromMs: number
  readonly untilMs: number
  /** An authority whose certificates are good has signed it, and the key beside it is its own. */
  readonly isSound: boolean
}

/** Lives are used up to this part: what is left is the time to find out that renewing fails. */
const RENEWED_AT = 2 / 3

/** Why there must be another one; undefined: it is good. */
export function whyRenew(
  present: CertificateFacts | undefined,
  wanted: CertificateNames,
  nowMs: number,
): string | undefined {
  if (present === undefined) return 'There is none that can be read'
  if (!present.isSound) return 'It is not of the authority that signs now'
  if (!isSameSet(present.uris, wanted.uris) || !isSameSet(present.hosts, wanted.hosts)) {
    return 'It is for other names'
  }
  return isOld(present, nowMs) ? 'Two thirds of its life are over' : undefined
}

/** Whether two thirds of its life are over. */
export function isOld(
  { fromMs, untilMs }: Pick<CertificateFacts, 'fromMs' | 'untilMs'>,
  nowMs: number,
): boolean {
  return nowMs >= fromMs + (untilMs - fromMs) * RENEWED_AT
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return [...a].sort().join('\n') === [...b].sort().join('\n')
}
