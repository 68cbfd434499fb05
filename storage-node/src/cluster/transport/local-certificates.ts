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
  const authority = join(directory, 'authority.crt')
  const authorityKey = join(directory, 'authority.key')
  await openssl('req', '-x509', ...NEW_KEY, '-keyout', authorityKey, '-out', authority, [
    ...['-days', DAYS, '-subj', `/CN=Granary region ${region}`],
    ...['-addext', 'keyUsage=critical,keyCertSign'],
  ])
  const made = new Map<string, CredentialFiles>()
  for (const name of names) {
    const files = {
      key: join(directory, `${name}.key`),
      certificate: join(directory, `${name}.crt`),
      authority,
    }
    await makeCertificate(files, authorityKey, certificateUri(region, name))
    made.set(name, files)
  }
  await rm(authorityKey)
  return made
}

async function makeCertificate(
  { key, certificate, authority }: CredentialFiles,
  authorityKey: string,
  uri: string,
): Promise<void> {
  const request = `${certificate}.request`
  const extensions = `${certificate}.extensions`
  await writeFile(
    extensions,
    `subjectAltName=URI:${uri}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n`,
  )
  await openssl('req', ...NEW_KEY, '-keyout', key, '-out', request, ['-subj', '/CN=storage node'])
  await openssl('x509', '-req', '-in', request, '-out', certificate, '-days', DAYS, [
    ...['-CA', authority, '-CAkey', authorityKey, '-extfile', extensions],
    ...['-set_serial', `0x${serialOf(uri)}`],
  ])
  await chmod(key, 0o600)
  await rm(request)
  await rm(extensions)
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
