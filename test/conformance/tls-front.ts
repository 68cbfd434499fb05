/**
 * HTTPS before the server, as a load balancer does it: clients that know no other scheme reach it under the
 * service's own names, with a certificate that they are told to trust.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { ensureDebianPackages } from '../support/debian-packages.ts'

const PORT = 443
const VALID_DAYS = 7

/** A running front. */
export interface TlsFront {
  /** The file of certificates to trust. */
  readonly certificate: string
  stop(): void
}

/** Passes what arrives at port 443 on to `port`; `domains` are covered with one label before each, and bare. */
export async function startTlsFront(
  folder: string,
  port: number,
  domains: readonly string[],
): Promise<TlsFront> {
  const { key, certificate } = makeCertificate(folder, domains)
  const options = { key: readFileSync(key), cert: readFileSync(certificate) }
  const server = createServer(options, (client) => {
    const behind = connect(port, '127.0.0.1')
    const end = () => {
      client.destroy()
      behind.destroy()
    }
    client.on('error', end).on('close', end)
    behind.on('error', end).on('close', end)
    client.pipe(behind).pipe(client)
  })
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(PORT, '127.0.0.1', resolve)
  })
  // Connections that clients keep for later must not hold the process.
  server.unref()
  return { certificate, stop: () => void server.close() }
}

function makeCertificate(folder: string, domains: readonly string[]) {
  ensureDebianPackages({ files: ['openssl'], packages: ['openssl'] })
  const names = domains.flatMap((domain) => [domain, `*.${domain}`])
  const configuration = join(folder, 'certificate.cnf')
  const lines = [
    ...['[req]', 'distinguished_name=name', 'x509_extensions=extensions', 'prompt=no'],
    ...['[name]', 'CN=granary conformance', '[extensions]'],
    `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`,
  ]
  writeFileSync(configuration, `${lines.join('\n')}\n`)
  const key = join(folder, 'key.pem')
  const certificate = join(folder, 'certificate.pem')
  const elliptic = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const written = ['-keyout', key, '-out', certificate, '-days', String(VALID_DAYS)]
  execFileSync('openssl', ['req', '-x509', ...elliptic, '-config', configuration, ...written], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  return { key, certificate }
}
