import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer } from 'node:tls'
import { ManualClock } from '@granary/storage-node/base/manual-clock'
import { systemRandom } from '@granary/storage-node/base/random'
import type { IssuerTools, KeyPair } from './issue.ts'
import { AUTHORITY_LIFE_MS, CERTIFICATE_LIFE_MS } from './issue.ts'
import { authorityBundle, renewAuthority, renewPair, signingAuthority } from './region-authority.ts'
import type { SecretTexts } from './region-authority.ts'

const DAY_MS = 86_400_000
const POD = {
  commonName: 'storage node',
  uris: ['granary://r1/r1-a-0'],
  hosts: ['r1-a-0.r1-peers'],
}
const OPERATOR = { commonName: 'operator', uris: ['granary://r1/operator'], hosts: [] }

/** Certificates are of the real present: TLS looks at the real clock. */
function toolsAt(nowMs = Date.now()): IssuerTools & { readonly clock: ManualClock } {
  return { clock: new ManualClock(nowMs), random: systemRandom }
}

const signerOf = (texts: SecretTexts, { clock }: IssuerTools) =>
  signingAuthority(texts, clock.nowMs())

/** Who the server says the client is; rejects where one does not believe the other. */
async function shakeHands(server: KeyPair, client: KeyPair, ca: string): Promise<string> {
  const common = { ca, minVersion: 'TLSv1.3', rejectUnauthorized: true } as const
  const options = { ...common, cert: server.certificate, key: server.key, requestCert: true }
  const listening = createServer(options, (socket) => {
    socket.end(socket.getPeerCertificate().subjectaltname ?? '')
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  try {
    return await new Promise<string>((resolve, reject) => {
      const { port } = listening.address() as AddressInfo
      const mine = { cert: client.certificate, key: client.key }
      const socket = connect({
        ...common,
        ...mine,
        port,
        host: '127.0.0.1',
        servername: 'r1-a-0.r1-peers',
      })
      socket.on('data', (data) => resolve(data.toString()))
      socket.on('error', reject)
      socket.on('end', () => reject(new Error('refused')))
    })
  } finally {
    listening.close()
  }
}

test('pairs of one authority believe each other, those of another do not', async () => {
  const tools = toolsAt()
  const ours = await renewAuthority('r1', {}, undefined, tools)
  const theirs = await renewAuthority('r1', {}, undefined, tools)
  const pod = await renewPair(signerOf(ours, tools), {}, POD, tools)
  const operator = await renewPair(signerOf(ours, tools), {}, OPERATOR, tools)
  const stranger = await renewPair(signerOf(theirs, tools), {}, OPERATOR, tools)
  const ca = authorityBundle(ours)
  expect(await shakeHands(pod, operator, ca)).toBe('URI:granary://r1/operator')
  await expect(shakeHands(pod, stranger, ca)).rejects.toThrow()
  await expect(shakeHands(stranger, operator, ca)).rejects.toThrow()
})

test('openssl finds nothing wrong with them', async () => {
  const tools = toolsAt()
  const authority = await renewAuthority('r1', {}, undefined, tools)
  const pod = await renewPair(signerOf(authority, tools), {}, POD, tools)
  const folder = mkdtempSync(join(tmpdir(), 'granary-certificates-'))
  try {
    const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
    write('ca.crt', authorityBundle(authority))
    write('pod.crt', pod.certificate)
    const words = [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-CAfile',
      'ca.crt',
      'pod.crt',
    ]
    expect(execFileSync('openssl', words, { cwd: folder }).toString()).toBe('pod.crt: OK\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a pair is kept until two thirds of its life are over', async () => {
  const tools = toolsAt()
  const authority = signerOf(await renewAuthority('r1', {}, undefined, tools), tools)
  const pair = await renewPair(authority, {}, POD, tools)
  tools.clock.advance((CERTIFICATE_LIFE_MS * 2) / 3 - DAY_MS)
  expect(await renewPair(authority, pair, POD, tools)).toEqual(pair)
  tools.clock.advance(DAY_MS)
  expect(await renewPair(authority, pair, POD, tools)).not.toEqual(pair)
})

test.each<[string, (pair: KeyPair, other: KeyPair) => Partial<KeyPair>]>([
  ['is of another authority', (_, other) => other],
  ['has the key of another one', (pair, other) => ({ ...pair, key: other.key })],
  ['is no certificate', (pair) => ({ ...pair, certificate: 'edited by hand' })],
  ['has no key', ({ certificate }) => ({ certificate })],
])('a pair that %s is replaced', async (_name, spoil) => {
  const tools = toolsAt()
  const authority = signerOf(await renewAuthority('r1', {}, undefined, tools), tools)
  const stranger = signerOf(await renewAuthority('r1', {}, undefined, tools), tools)
  const good = await renewPair(authority, {}, POD, tools)
  const spoilt = spoil(good, await renewPair(stranger, {}, POD, tools))
  const renewed = await renewPair(authority, spoilt, POD, tools)
  expect(await renewPair(authority, renewed, POD, tools)).toEqual(renewed)
  expect(renewed).not.toEqual(spoilt)
})

test('a pair for other names is replaced', async () => {
  const tools = toolsAt()
  const authority = signerOf(await renewAuthority('r1', {}, undefined, tools), tools)
  const pair = await renewPair(authority, {}, POD, tools)
  expect(await renewPair(authority, pair, { ...POD, hosts: [] }, tools)).not.toEqual(pair)
})

test('an authority changes while everybody goes on believing everybody', async () => {
  // As if it had been made so long ago that it is old now.
  const tools = toolsAt(Date.now() - (AUTHORITY_LIFE_MS * 2) / 3 - DAY_MS)
  const first = await renewAuthority('r1', {}, undefined, tools)
  tools.clock.advance((AUTHORITY_LIFE_MS * 2) / 3)
  const announced = await renewAuthority('r1', first, undefined, tools)
  expect(signerOf(announced, tools)).toEqual(signerOf(first, tools))
  expect(await renewAuthority('r1', announced, undefined, tools)).toBe(announced)
  const before = await renewPair(signerOf(announced, tools), {}, POD, tools)

  tools.clock.advance(DAY_MS)
  const switched = await renewAuthority('r1', announced, undefined, tools)
  expect(signerOf(switched, tools)).not.toEqual(signerOf(first, tools))
  const after = await renewPair(signerOf(switched, tools), before, POD, tools)
  expect(after).not.toEqual(before)
  // Both bundles believe both pairs, whoever has read the Secret and whoever has not.
  for (const texts of [announced, switched] satisfies SecretTexts[]) {
    for (const [a, b] of [
      [before, after],
      [after, before],
    ] as const) {
      await expect(shakeHands(a, b, authorityBundle(texts))).resolves.toBe(
        'URI:granary://r1/r1-a-0, DNS:r1-a-0.r1-peers',
      )
    }
  }
  tools.clock.advance(121 * DAY_MS)
  const settled = await renewAuthority('r1', switched, undefined, tools)
  expect(authorityBundle(settled)).toBe(signerOf(switched, tools).certificate)
})

test.each([
  ['nothing', {}],
  ['what somebody wrote by hand', { 'tls.crt': 'x', 'tls.key': 'y' }],
])('where an authority was lost, to %s, everybody goes on believing everybody', async (_, held) => {
  const tools = toolsAt(Date.now() - DAY_MS)
  const lost = await renewAuthority('r1', {}, undefined, tools)
  const before = await renewPair(signerOf(lost, tools), {}, POD, tools)
  const again = await renewAuthority('r1', held, authorityBundle(lost), tools)
  const present = await renewAuthority('r1', held, authorityBundle(again), tools)
  // Who has not read the Secret again believes nobody else.
  expect(await renewPair(signerOf(present, tools), before, POD, tools)).toEqual(before)
  const late = await renewPair(signerOf(present, tools), {}, OPERATOR, tools)
  const ca = authorityBundle(present)
  expect(await shakeHands(before, late, ca)).toBe('URI:granary://r1/operator')
  await expect(shakeHands(before, late, authorityBundle(lost))).rejects.toThrow()

  tools.clock.advance(DAY_MS)
  expect(await renewAuthority('r1', present, ca, tools)).toBe(present)
  const after = await renewPair(signerOf(present, tools), before, POD, tools)
  expect(after).not.toEqual(before)
  expect(await shakeHands(after, late, signerOf(present, tools).certificate)).toContain('operator')
})

test('of a bundle that somebody wrote by hand nobody is believed', async () => {
  const made = await renewAuthority('r1', {}, 'edited by hand', toolsAt())
  expect(Object.keys(made)).toEqual(['tls.crt', 'tls.key'])
})

test.each([
  ['nothing', {}],
  ['what somebody wrote by hand', { 'tls.crt': 'x', 'tls.key': 'y' }],
])('an authority is made where there is %s', async (_name, texts: SecretTexts) => {
  const made = await renewAuthority('r1', texts, undefined, toolsAt())
  expect(Object.keys(made)).toEqual(['tls.crt', 'tls.key'])
  expect(await renewAuthority('r1', made, undefined, toolsAt())).toBe(made)
})
