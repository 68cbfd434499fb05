/**
 * Makes keys and certificates: a region's authority, and what it signs.
 *
 * All keys are P-256. Nothing that is made here is kept here: the caller puts it into a Secret.
 *
 * @module
 */

// The library below describes its structures by decorators, which need this before it is loaded.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import type { Clock } from '@granary/storage-node/base/clock'
import type { Random } from '@granary/storage-node/base/random'
import type { CertificateNames } from '../decisions/certificate-renewal.ts'

/** PEM texts. */
export interface KeyPair {
  readonly certificate: string
  /** PKCS #8. */
  readonly key: string
}

/** What making one depends on. */
export interface IssuerTools {
  readonly clock: Clock
  readonly random: Random
}

const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGNING_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' } as const
const SERIAL_BYTES = 16
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A certificate is good a little earlier, for machines whose clocks are behind. */
const BACKDATE_MS = HOUR_MS
export const AUTHORITY_LIFE_MS = 5 * 365 * DAY_MS
export const CERTIFICATE_LIFE_MS = 90 * DAY_MS

/** Makes an authority that can sign what follows; its key signs nothing that signs. */
export async function issueAuthority(region: string, tools: IssuerTools): Promise<KeyPair> {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...common(tools, AUTHORITY_LIFE_MS),
    name: [{ CN: [`Granary region ${region}`] }],
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pemText(certificate), key: await keyText(keys.privateKey) }
}

/** Makes a key and a certificate for these names, for both sides of a connection. */
export async function issueCertificate(
  authority: KeyPair,
  names: CertificateNames,
  tools: IssuerTools,
): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificate)
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.create({
    ...common(tools, CERTIFICATE_LIFE_MS),
    subject: [{ CN: [names.commonName] }],
    issuer: issuer.subjectName,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      new x509.SubjectAlternativeNameExtension([
        ...names.uris.map((value) => ({ type: 'url' as const, value })),
        ...names.hosts.map((value) => ({ type: 'dns' as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return { certificate: pemText(certificate), key: await keyText(keys.privateKey) }
}

function common({ clock, random }: IssuerTools, lifeMs: number) {
  const fromMs = clock.nowMs() - BACKDATE_MS
  return {
    serialNumber: serialNumber(random),
    notBefore: new Date(fromMs),
    notAfter: new Date(fromMs + lifeMs),
    signingAlgorithm: SIGNING_ALGORITHM,
  }
}

/** Positive, and never with a leading zero byte. */
function serialNumber(random: Random): string {
  const bytes = Buffer.from(random.bytes(SERIAL_BYTES))
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40
  return bytes.toString('hex')
}

function generateKeys() {
  return crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify'])
}

function importKey(pem: string) {
  const [bytes] = x509.PemConverter.decode(pem)
  return crypto.subtle.importKey('pkcs8', new Uint8Array(bytes ?? []), KEY_ALGORITHM, false, [
    'sign',
  ])
}

async function keyText(key: Parameters<typeof crypto.subtle.exportKey>[1]): Promise<string> {
  const bytes = await crypto.subtle.exportKey('pkcs8', key)
  return `${x509.PemConverter.encode(bytes as ArrayBuffer, 'PRIVATE KEY')}\n`
}

function pemText(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}
