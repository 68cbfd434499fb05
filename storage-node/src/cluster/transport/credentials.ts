/**
 * What a storage node proves its identity with, and whom it believes.
 *
 * @module
 */

import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** PEM texts. */
export interface TlsCredentials {
  readonly key: string
  readonly certificate: string
  /** Who signs the certificates of the region's storage nodes. */
  readonly authority: string
}

/** Credentials that may be replaced while connections are open. */
export interface CredentialSource {
  current(): TlsCredentials
  onChange(listener: (credentials: TlsCredentials) => void): void
  /** Looks for no more changes. */
  stop(): void
}

/** The options of `node:tls` that every connection between storage nodes has. */
export function tlsOptions({ key, certificate, authority }: TlsCredentials) {
  return {
    ...{ key, cert: certificate, ca: authority },
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: true,
  } as const
}

/** The URI that the other side's certificate is for; undefined without TLS or without one. */
export function certificateName(socket: Socket): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined
  const names = socket.getPeerX509Certificate()?.subjectAltName?.split(', ') ?? []
  const uri = names.find((name) => name.startsWith('URI:granary://'))
  return uri?.slice('URI:'.length)
}
