import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import type { Server } from 'node:https'
import { createServer } from 'node:https'
import { connect } from 'node:tls'
import type { Clock } from './base/clock.ts'
import { systemClock } from './base/clock.ts'
import { silentLogger } from './base/logger.ts'
import { PodCertificates } from './pod-certificates.ts'

/** Its time goes a thousand times faster. */
const clock: Clock = {
  ...systemClock,
  schedule: (ms, callback) => systemClock.schedule(ms / 1_000, callback),
}

let told: string[]
let folder: string
let certificates: PodCertificates
let server: Server

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'granary-certificates-'))
  put('gateway', 'inside')
  put('external', 'outside')
  const internal = { hosts: ['oss-r.ns.svc'], certificates: join(folder, 'gateway') }
  const external = [
    { hosts: ['oss.example.com'], certificates: join(folder, 'external') },
    { hosts: ['later.example.com'], certificates: join(folder, 'later') },
    { hosts: ['plain.example.com'], certificates: null },
  ]
  // Of this test alone: what the one before it is still reading is gone by now.
  const lines: string[] = (told = [])
  const logger = { ...silentLogger, warn: (message: string) => lines.push(message) }
  certificates = await PodCertificates.open({ internal, external }, clock, logger)
  server = createServer(certificates.identity((replaced) => server.setSecureContext(replaced)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

afterEach(() => {
  certificates.stop()
  server.close()
  rmSync(folder, { recursive: true })
})

test.each([
  ['oss.example.com', 'outside'],
  ['photos.oss.example.com', 'outside'],
  ['PHOTOS.OSS.EXAMPLE.COM', 'outside'],
  ['xoss.example.com', 'inside'],
  ['photos.oss-r.ns.svc', 'inside'],
  ['elsewhere', 'inside'],
])('a client that asks for %s is shown the certificate for the %s', async (name, owner) => {
  expect(await shownTo(name)).toBe(owner)
})

test('what is not there yet, is damaged or half replaced leaves the others, and is taken later', async () => {
  expect(await shownTo('later.example.com')).toBe('refused')
  put('later', 'late')
  writeFileSync(join(folder, 'external', 'tls.key'), 'damaged')
  await until(async () => (await shownTo('later.example.com')) === 'late')
  expect(await shownTo('oss.example.com')).toBe('outside')
  put('external', 'anew')
  await until(async () => (await shownTo('oss.example.com')) === 'anew')
})

test('a host without a certificate is served without TLS alone, and nothing is amiss', async () => {
  const before = told.length
  expect(await shownTo('plain.example.com')).toBe('refused')
  expect(await shownTo('photos.plain.example.com')).toBe('refused')
  // What is missing at another host was told once.
  expect([before, told.length]).toEqual([1, 1])
})

test('a client that asks for no name gets the certificate for the inside, as it is now', async () => {
  expect(await shownTo(undefined)).toBe('inside')
  put('gateway', 'inside anew')
  await until(async () => (await shownTo(undefined)) === 'inside anew')
})

/** As Kubernetes does it: everything at once. */
function put(name: string, owner: string): void {
  const made = mkdtempSync(join(folder, 'made-'))
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const files = ['-keyout', join(made, 'tls.key'), '-out', join(made, 'tls.crt')]
  const words = ['req', '-x509', ...newKey, '-subj', `/CN=${owner}`, ...files]
  execFileSync('openssl', words, { stdio: 'ignore' })
  mkdirSync(join(folder, name), { recursive: true })
  rmSync(join(folder, name), { recursive: true })
  renameSync(made, join(folder, name))
}

function shownTo(servername: string | undefined): Promise<string> {
  const { port } = server.address() as AddressInfo
  const target = { host: '127.0.0.1', port, rejectUnauthorized: false }
  return new Promise((resolve) => {
    const socket = connect({ ...target, ...(servername && { servername }) }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN))
      socket.destroy()
    })
    socket.on('error', () => resolve('refused'))
  })
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}
