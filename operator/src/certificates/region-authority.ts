/**
 * A region's authority as its Secret holds it, and the Secret as it should be.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { nextAuthorityStep } from '../decisions/authority-renewal.ts'
import { whyRenew, type CertificateNames } from '../decisions/certificate-renewal.ts'
import { issueAuthority, issueCertificate, type IssuerTools, type KeyPair } from './issue.ts'
import { readAuthority, readPair } from './read-certificate.ts'

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

/** The Secret's texts as they should be now; the same object where nothing is to be done. */
export async function renewAuthority(
  region: string,
  present: SecretTexts,
  tools: IssuerTools,
): Promise<SecretTexts> {
  const step = nextAuthorityStep(authoritiesOf(present), tools.clock.nowMs())
  const { certificate, key, nextCertificate, nextKey, previousCertificate } = authorityKeys
  switch (step.kind) {
    case 'keep':
      return present
    case 'make': {
      const made = await issueAuthority(region, tools)
      return { [certificate]: made.certificate, [key]: made.key }
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
export function signingAuthority(texts: SecretTexts): KeyPair {
  const { certificate, key } = authorityKeys
  return { certificate: texts[certificate] ?? '', key: texts[key] ?? '' }
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
  authority: KeyPair,
  present: Partial<KeyPair>,
  names: CertificateNames,
  tools: IssuerTools,
): Promise<KeyPair> {
  const facts = readPair(present, authority.certificate)
  const { certificate, key } = present
  const isGood = whyRenew(facts, names, tools.clock.nowMs()) === undefined
  if (isGood && certificate !== undefined && key !== undefined) return { certificate, key }
  return issueCertificate(authority, names, tools)
}

function authoritiesOf(texts: SecretTexts) {
  const { certificate, key, nextCertificate, nextKey, previousCertificate } = authorityKeys
  return {
    current: readAuthority(texts[certificate], texts[key] ?? ''),
    next: readAuthority(texts[nextCertificate], texts[nextKey] ?? ''),
    previous: readAuthority(texts[previousCertificate], undefined),
  }
}
