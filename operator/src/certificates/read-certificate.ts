/**
 * Reads what a certificate says.
 *
 * @module
 */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { AuthorityLife } from '../decisions/authority-renewal.ts'
import type { CertificateFacts } from '../decisions/certificate-renewal.ts'
import type { KeyPair } from './issue.ts'

/** The facts of a pair that one of `signers` is to have signed; undefined unless all texts can be read. */
export function readPair(
  pair: Partial<KeyPair>,
  signers: readonly string[],
): CertificateFacts | undefined {
  return reading(() => {
    const certificate = new X509Certificate(pair.certificate ?? '')
    const authorities = signers.map((signer) => new X509Certificate(signer))
    const names = certificate.subjectAltName?.split(', ') ?? []
    return {
      uris: namesOf(names, 'URI:'),
      hosts: namesOf(names, 'DNS:'),
      ...lifeOf(certificate),
      isSound:
        authorities.some(({ publicKey }) => certificate.verify(publicKey)) &&
        certificate.checkPrivateKey(createPrivateKey(pair.key ?? '')),
    }
  })
}

/** The life of an authority; undefined unless it can sign, or, without a key, be believed. */
export function readAuthority(
  certificate: string | undefined,
  key: string | undefined,
): AuthorityLife | undefined {
  if (certificate === undefined) return undefined
  return reading(() => {
    const read = new X509Certificate(certificate)
    if (key !== undefined && !read.checkPrivateKey(createPrivateKey(key))) return undefined
    return read.ca ? lifeOf(read) : undefined
  })
}

/** Each certificate of a bundle. */
export function certificatesIn(bundle: string): string[] {
  return bundle.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? []
}

function lifeOf({ validFrom, validTo }: X509Certificate): AuthorityLife {
  return { fromMs: Date.parse(validFrom), untilMs: Date.parse(validTo) }
}

function namesOf(names: readonly string[], prefix: string): string[] {
  return names.flatMap((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : []))
}

/** A Secret that somebody edited by hand may hold anything. */
function reading<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
