/**
 * A region's authority as its Secret holds it, and the Secret as it should be.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { mayBeUnheardOf, nextAuthorityStep } from '../decisions/authority-renewal.ts'
import { whyRenew, type CertificateNames } from '../decisions/certificate-renewal.ts'
import { issueAuthority, issueCertificate, type IssuerTools, type KeyPair } from './issue.ts'
import { certificatesIn, readAuthority, readPair } from './read-certificate.ts'

/** Texts of a Secret, by key. */
export type SecretTexts = Readonly<Record<string, string>>

/** Keys of the authority's Secret: who signs, who will, and who did. */
export const authorityKeys = {
  certificate: 'tls.crt',
  key: 'tls.key',
  nextCertificate: 'next.crt',
  nextKey: 'next.key',
  previousCertificate: 'previous.crt',
} as const

/** Who signs. */
export interface Signer extends KeyPair {
  /** Authorities whose certificates still do: there was no time to let everybody hear of this one first. */
  readonly before: string | undefined
}

/**
 * The Secret's texts as they should be now; the same object where nothing is to be done. `believed` is whom
 * storage nodes were told to believe: where the Secret is lost they go on with what these have signed.
 */
export async function renewAuthority(
  region: string,
  present: SecretTexts,
  believed: string | undefined,
  tools: IssuerTools,
): Promise<SecretTexts> {
  const step = nextAuthorityStep(authoritiesOf(present), tools.clock.nowMs())
  const { certificate, key, nextCertificate, nextKey, previousCertificate } = authorityKeys
  switch (step.kind) {
    case 'keep':
      return present
    case 'make': {
      const made = await issueAuthority(region, tools)
      const before = stillGood(believed ?? '', tools.clock.nowMs())
      return {
        ...{ [certificate]: made.certificate, [key]: made.key },
        ...(before !== undefined && { [previousCertificate]: before }),
      }
    }
    case 'announce': {
      const made = await issueAuthority(region, tools)
      return { ...present, [nextCertificate]: made.certificate, [nextKey]: made.key }
    }
    case 'switch':
      return {
        [certificate]: present[nextCertificate] ?? '',
        [key]: present[nextKey] ?? '',
        [previousCertificate]: present[certificate] ?? '',
      }
    case 'forget':
      return { [certificate]: present[certificate] ?? '', [key]: present[key] ?? '' }
    default:
      return unreachable(step)
  }
}

/** Who signs now. */
export function signingAuthority(texts: SecretTexts, nowMs: number): Signer {
  const { certificate, key, previousCertificate } = authorityKeys
  const isNews = mayBeUnheardOf(authoritiesOf(texts), nowMs)
  return {
    ...{ certificate: texts[certificate] ?? '', key: texts[key] ?? '' },
    before: isNews ? texts[previousCertificate] : undefined,
  }
}

/** Everybody who is believed. */
export function authorityBundle(texts: SecretTexts): string {
  const { certificate, nextCertificate, previousCertificate } = authorityKeys
  return [certificate, nextCertificate, previousCertificate]
    .flatMap((name) => texts[name] ?? [])
    .join('')
}

/** The present pair if it is good, else a new one. */
export async function renewPair(
  authority: Signer,
  present: Partial<KeyPair>,
  names: CertificateNames,
  tools: IssuerTools,
): Promise<KeyPair> {
  const signers = certificatesIn(authority.certificate + (authority.before ?? ''))
  const facts = readPair(present, signers)
  const { certificate, key } = present
  const isGood = whyRenew(facts, names, tools.clock.nowMs()) === undefined
  if (isGood && certificate !== undefined && key !== undefined) return { certificate, key }
  return issueCertificate(authority, names, tools)
}

/** Those of a bundle that can be believed; undefined: none. */
function stillGood(bundle: string, nowMs: number): string | undefined {
  const good = certificatesIn(bundle).filter((each) => {
    const life = readAuthority(each, undefined)
    return life !== undefined && nowMs < life.untilMs
  })
  return good.length === 0 ? undefined : good.join('')
}

function authoritiesOf(texts: SecretTexts) {
  const { certificate, key, nextCertificate, nextKey, previousCertificate } = authorityKeys
  return {
    current: readAuthority(texts[certificate], texts[key] ?? ''),
    next: readAuthority(texts[nextCertificate], texts[nextKey] ?? ''),
    previous: readAuthority(texts[previousCertificate], undefined),
  }
}
