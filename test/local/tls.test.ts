/**
 * `npm start -- --tls-cert FILE --tls-key FILE` serves https, and nothing else.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import * as https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages } from '../support/debian-packages.ts'
import { startLocalServer } from '../support/local-server.ts'

let folder: string
beforeAll(() => {
  ensureDebianPackages({ files: ['/usr/bin/openssl'], packages: ['openssl'] })
  folder = mkdtempSync(join(tmpdir(), 'granary-tls-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Status and body of an anonymous GET of the service. */
function get(url: string, ca: Buffer): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { ca, agent: false }, (response) => {
      let body = ''
      response.on('data', (piece: Buffer) => (body += piece.toString()))
      response.on('end', () => resolve({ status: response.statusCode, body }))
    })
    request.on('error', reject)
  })
}

test('clients that trust the certificate are answered, plain ones are not', async () => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', key, '-out', cert]
  execFileSync('openssl', ['req', '-x509', ...curve, '-days', '2', ...subject, ...files], {
    stdio: 'ignore',
  })
  const args = ['--tls-cert', cert, '--tls-key', key]
  const server = await startLocalServer({ data: join(folder, 'data'), args })
  try {
    const { endpoint } = server.access
    const { protocol, port } = new URL(endpoint)
    expect(protocol).toBe('https:')
    const { status, body } = await get(`https://127.0.0.1:${port}/`, readFileSync(cert))
    expect(status).toBe(403)
    expect(body).toContain('<Code>AccessDenied</Code>')
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  } finally {
    await server.end('SIGTERM')
  }
})
