/**
 * What a data directory remembers of its local region: what it was made with, and its key pair.
 *
 * @module
 */

import { join } from 'node:path'
import { asBuffer } from './base/bytes.ts'
import type { Files } from './base/files.ts'
import { hasErrorCode, readWholeFile } from './base/files.ts'
import type { Random } from './base/random.ts'
import type { GivenAccessKey, LocalConfig } from './config.ts'
import { ZONE_COUNT_DEFAULT } from './config.ts'
import type { Zone } from './contract/configuration.ts'
import type { AccountUid } from './model/identifiers.ts'
import type { CallbackKey } from './services/callback-service.ts'
import { TOKEN_KEY_BYTES } from './wire/sts/security-token.ts'

/** The data directory cannot be used with these settings, or cannot be read. */
export class DataDirectoryError extends Error {
  override readonly name = 'DataDirectoryError'
}

/** What a region was made with: never changes. */
export interface RegionIdentity {
  readonly format: number
  readonly zones: number
  readonly region: string
  /** Owner of every bucket. */
  readonly account: AccountUid
}

const FORMAT = 1
const REGION_FILE = 'region.json'
const ACCESS_KEY_FILE = 'access-key.json'
const TOKEN_KEY_FILE = 'token-key.json'
const CALLBACK_KEY_FILE = 'callback-key.json'
const ZONES = ['a', 'b', 'c']
const TOKEN_KEY = new RegExp(`^[0-9a-f]{${2 * TOKEN_KEY_BYTES}}$`)

/**
 * How many zones the region has, or will have. Throws unless the directory is empty or was made with
 * these settings. Changes nothing.
 */
export async function checkIdentity(files: Files, config: LocalConfig): Promise<number> {
  const identity = await readJson<RegionIdentity>(files, join(config.dataDirectory, REGION_FILE))
  if (identity === undefined) return config.zoneCount ?? ZONE_COUNT_DEFAULT
  verifyIdentity(identity, config)
  return identity.zones
}

/** Where each zone's store lies. A region with one zone keeps it where regions always did. */
export function storeDirectories(
  dataDirectory: string,
  zoneCount: number,
): { readonly zone: Zone; readonly directory: string }[] {
  if (zoneCount === 1) return [{ zone: 'a' as Zone, directory: join(dataDirectory, 'store') }]
  return ZONES.slice(0, zoneCount).map((zone) => {
    return { zone: zone as Zone, directory: join(dataDirectory, `zone-${zone}`) }
  })
}

/** Reads the identity, or makes it. The directory must be ours: the store's lock is held. */
export async function openIdentity(
  files: Files,
  random: Random,
  config: LocalConfig,
): Promise<RegionIdentity> {
  const path = join(config.dataDirectory, REGION_FILE)
  const existing = await readJson<RegionIdentity>(files, path)
  if (existing !== undefined) {
    verifyIdentity(existing, config)
    return existing
  }
  const identity: RegionIdentity = {
    format: FORMAT,
    zones: config.zoneCount ?? ZONE_COUNT_DEFAULT,
    region: config.region,
    account: randomDigits(random, 16) as AccountUid,
  }
  await writeJson(files, config.dataDirectory, REGION_FILE, identity)
  return identity
}

/** Reads what the region was made with. */
export async function readIdentity(files: Files, directory: string): Promise<RegionIdentity> {
  const identity = await readJson<RegionIdentity>(files, join(directory, REGION_FILE))
  if (identity === undefined)
    throw new DataDirectoryError(`Cannot use ${directory}: no region is in it`)
  return identity
}

/** Reads the key pair. */
export async function readAccessKey(files: Files, directory: string): Promise<GivenAccessKey> {
  const path = join(directory, ACCESS_KEY_FILE)
  const accessKey = await readJson<GivenAccessKey>(files, path)
  if (typeof accessKey?.accessKeyId === 'string' && typeof accessKey.accessKeySecret === 'string') {
    return accessKey
  }
  throw new DataDirectoryError(`Cannot read ${path}: it holds no key pair`)
}

/** Reads the key pair, or makes it; a pair that is given replaces the one there is. */
export async function openAccessKey(
  files: Files,
  random: Random,
  { dataDirectory, accessKey: given }: LocalConfig,
): Promise<GivenAccessKey> {
  if (given === undefined) {
    const existing = await readJson(files, join(dataDirectory, ACCESS_KEY_FILE))
    if (existing !== undefined) return readAccessKey(files, dataDirectory)
  }
  const accessKey = given ?? {
    accessKeyId: `GRANARY${randomLetters(random, 17)}`,
    accessKeySecret: randomLetters(random, 40),
  }
  await writeJson(files, dataDirectory, ACCESS_KEY_FILE, accessKey)
  return accessKey
}

/** Reads the key that security tokens are sealed with. */
export async function readTokenKey(files: Files, directory: string): Promise<Uint8Array> {
  const path = join(directory, TOKEN_KEY_FILE)
  const file = await readJson<{ readonly tokenKey?: unknown }>(files, path)
  const { tokenKey } = file ?? {}
  if (typeof tokenKey === 'string' && TOKEN_KEY.test(tokenKey)) return Buffer.from(tokenKey, 'hex')
  throw new DataDirectoryError(`Cannot read ${path}: it holds no key`)
}

/** Reads the key pair that callbacks are signed with; undefined when none has been made. */
async function findCallbackKey(files: Files, directory: string): Promise<CallbackKey | undefined> {
  const path = join(directory, CALLBACK_KEY_FILE)
  const file = await readJson<Partial<CallbackKey>>(files, path)
  if (file === undefined) return undefined
  const { privateKey, publicKey } = file
  if (typeof privateKey === 'string' && typeof publicKey === 'string') {
    return { privateKey, publicKey }
  }
  throw new DataDirectoryError(`Cannot read ${path}: it holds no key pair`)
}

/** Reads the key pair that callbacks are signed with. */
export async function readCallbackKey(files: Files, directory: string): Promise<CallbackKey> {
  const key = await findCallbackKey(files, directory)
  if (key !== undefined) return key
  throw new DataDirectoryError(`Cannot read ${join(directory, CALLBACK_KEY_FILE)}: there is none`)
}

/** Reads the key pair that callbacks are signed with, or keeps the one that `make` makes. */
export async function openCallbackKey(
  files: Files,
  directory: string,
  make: () => Promise<CallbackKey>,
): Promise<CallbackKey> {
  const existing = await findCallbackKey(files, directory)
  if (existing !== undefined) return existing
  const key = await make()
  await writeJson(files, directory, CALLBACK_KEY_FILE, key)
  return key
}

/** Reads the key that security tokens are sealed with, or makes it. */
export async function openTokenKey(
  files: Files,
  random: Random,
  directory: string,
): Promise<Uint8Array> {
  if ((await readJson(files, join(directory, TOKEN_KEY_FILE))) === undefined) {
    const tokenKey = Buffer.from(random.bytes(TOKEN_KEY_BYTES)).toString('hex')
    await writeJson(files, directory, TOKEN_KEY_FILE, { tokenKey })
  }
  return readTokenKey(files, directory)
}

function verifyIdentity(identity: RegionIdentity, config: LocalConfig): void {
  const { dataDirectory, region, zoneCount } = config
  if (typeof identity.format !== 'number' || identity.format < FORMAT) {
    throw new DataDirectoryError(`Cannot read ${join(dataDirectory, REGION_FILE)}: it is damaged`)
  }
  if (identity.format > FORMAT) {
    throw new DataDirectoryError(
      `Cannot use ${dataDirectory}: its format is ${identity.format}, this version reads up to ${FORMAT}`,
    )
  }
  const wantedZones = zoneCount ?? identity.zones
  if (identity.region !== region || identity.zones !== wantedZones) {
    throw new DataDirectoryError(
      `Cannot use ${dataDirectory}: it holds region "${identity.region}" with ${zonesText(identity.zones)}, ` +
        `not "${region}" with ${zonesText(wantedZones)}`,
    )
  }
}

function zonesText(count: number): string {
  return count === 1 ? '1 zone' : `${count} zones`
}

async function readJson<T>(files: Files, path: string): Promise<T | undefined> {
  let text: string
  try {
    text = asBuffer(await readWholeFile(files, path)).toString()
  } catch (cause) {
    if (hasErrorCode(cause, 'ENOENT')) return undefined
    throw new DataDirectoryError(`Cannot read ${path}: ${(cause as Error).message}`, { cause })
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as T
  } catch {
    // The same as JSON that is no object.
  }
  throw new DataDirectoryError(`Cannot read ${path}: it is damaged`)
}

/** Whole or not at all, whatever happens meanwhile. */
async function writeJson(
  files: Files,
  directory: string,
  name: string,
  value: object,
): Promise<void> {
  const temporary = join(directory, `${name}.new`)
  await files.remove(temporary).catch((error: unknown) => {
    if (!hasErrorCode(error, 'ENOENT')) throw error
  })
  const file = await files.open(temporary, 'create')
  try {
    await file.write([Buffer.from(`${JSON.stringify(value)}\n`)], 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await files.rename(temporary, join(directory, name))
  await files.syncDirectory(directory)
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

function randomLetters(random: Random, count: number): string {
  return draw(random, count, LETTERS)
}

function randomDigits(random: Random, count: number): string {
  return draw(random, 1, '123456789') + draw(random, count - 1, '0123456789')
}

/** Each character of the alphabet is equally likely: bytes beyond its largest multiple are left out. */
function draw(random: Random, count: number, alphabet: string): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < count) {
    const [byte = 0] = random.bytes(1)
    if (byte < limit) text += alphabet[byte % alphabet.length]
  }
  return text
}
