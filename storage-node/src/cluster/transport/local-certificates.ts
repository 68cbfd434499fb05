/**
 * Certificates for the storage nodes of one machine, made by the `openssl` command.
 *
 * They are made anew at each start, and the key that signed them is deleted at once: nobody can
 * make another one, and none is ever too old.
 *
 * @module
 */

import { execFile } from 'node:child_process'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const DAYS = '3650'
const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'] as const

/** Where the PEM texts of one storage node are. */
export interface CredentialFiles {
  readonly key: string
  readonly certificate: string
  readonly authority: string
}

/** The name that a storage node's certificate is for. */
export function certificateUri(region: string, name: string): string {
  return `granary://${region}/${name}`
}

/** Makes an authority, and a key and certificate for each name, in a directory of their own. */
export async function makeLocalCertificates(options: {
  readonly directory: string
  readonly region: string
  readonly names: readonly string[]
}): Promise<ReadonlyMap<string, CredentialFiles>> {
  const { directory, region, names } = options
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await chmod(directory, 0o700)
  const { authority } = credentialFiles(directory, '')
  const authorityKey = join(directory, 'authority.key')
  const made = new Map(names.map((name) => [name, credentialFiles(directory, name)]))
  // Each call of the command is a process of its own: together they take as long as two.
  await Promise.all([
    makeAuthority(authority, authorityKey, region),
    ...[...made.values()].map(makeRequest),
  ])
  await Promise.all(
    [...made].map(([name, files]) => sign(files, authorityKey, certificateUri(region, name))),
  )
  await rm(authorityKey)
  return made
}

/** Where they are, by the name of the storage node. */
export function credentialFiles(directory: string, name: string): CredentialFiles {
  return {
    key: join(directory, `${name}.key`),
    certificate: join(directory, `${name}.crt`),
    authority: join(directory, 'authority.crt'),
  }
}

function makeAuthority(certificate: string, key: string, region: string): Promise<void> {
  return openssl('req', '-x509', ...NEW_KEY, '-keyout', key, '-out', certificate, [
    ...['-days', DAYS, '-subj', `/CN=Granary region ${region}`],
    ...['-addext', 'keyUsage=critical,keyCertSign'],
  ])
}

async function makeRequest({ key, certificate }: CredentialFiles): Promise<void> {
  const request = requestPath(certificate)
  await openssl('req', ...NEW_KEY, '-keyout', key, '-out', request, ['-subj', '/CN=storage node'])
  await chmod(key, 0o600)
}

async function sign(
  { certificate, authority }: CredentialFiles,
  authorityKey: string,
  uri: string,
): Promise<void> {
  const request = requestPath(certificate)
  const extensions = `${certificate}.extensions`
  await writeFile(
    extensions,
    `subjectAltName=URI:${uri}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n`,
  )
  await openssl('x509', '-req', '-in', request, '-out', certificate, '-days', DAYS, [
    ...['-CA', authority, '-CAkey', authorityKey, '-extfile', extensions],
    ...['-set_serial', `0x${serialOf(uri)}`],
  ])
  await rm(request)
  await rm(extensions)
}

function requestPath(certificate: string): string {
  return `${certificate}.request`
}

/** Serial numbers differ within an authority, which signs each name once. */
function serialOf(uri: string): string {
  return Buffer.from(uri)
    .toString('hex')
    .slice(-32)
    .padStart(32, '1')
    .replace(/^[89a-f]/, '7')
}

async function openssl(...words: (string | readonly string[])[]): Promise<void> {
  try {
    await run('openssl', words.flat())
  } catch (error) {
    throw new Error(`Cannot make certificates with the openssl command`, { cause: error })
  }
}
