/**
 * Settings of `npm start`: flags and environment in, values out, once.
 *
 * Every mistake is reported in one message, so that nobody corrects them one start at a time.
 *
 * @module
 */

import { isAbsolute, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { CallbackConfig } from './local-callbacks.ts'
import { isDomain, LOCAL_DOMAIN } from './wire/oss/addressing.ts'
import type { RestoreLengths } from './model/restore.ts'
import { defaultRestoreLengths } from './model/restore.ts'

/** gcGrace of replication.md 1.8. */
export const GC_GRACE_MS = 60 * 60 * 1000

/** Zones of a new region. */
export const ZONE_COUNT_DEFAULT = 3
const ZONE_COUNT_MAX = 3

/** An access key that is given at start. */
export interface GivenAccessKey {
  readonly accessKeyId: string
  readonly accessKeySecret: string
}

/** What a local region is started with. */
export interface LocalConfig {
  /** Undefined: what the data directory was made with; a new one gets `ZONE_COUNT_DEFAULT`. */
  readonly zoneCount: number | undefined
  /** Each storage node is a process of its own. */
  readonly processes: boolean
  readonly dataDirectory: string
  /** 0: any free one. */
  readonly port: number
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  /** Endpoints are below it, as answers name them. */
  readonly domain: string
  readonly accessKey: GivenAccessKey | undefined
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined
  /** One line of JSON on standard output, and nothing else. */
  readonly json: boolean
  readonly adminPort: number
  /** How long replaced and deleted bytes stay for readers that had begun. */
  readonly gcGraceMs: number
  readonly restoreLengths: RestoreLengths
  readonly callbacks: CallbackConfig
}

/** The settings are wrong; the message lists every mistake. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'

  constructor(mistakes: readonly string[]) {
    super(`Cannot start: ${mistakes.join('; ')}`)
  }
}

export const LOCAL_USAGE = `Usage: npm start -- [--zones N] [--processes] [--data DIR] [--port P] [--region ID] [--domain NAME]
       [--access-key-id ID --access-key-secret SECRET] [--tls-cert FILE --tls-key FILE] [--json]
`

type Environment = Readonly<Record<string, string | undefined>>

/** Reads flags and environment. Throws `ConfigError`. */
export function parseLocalConfig(args: readonly string[], environment: Environment): LocalConfig {
  const mistakes: string[] = []
  const flags = parseFlags(args, mistakes)
  const config: LocalConfig = {
    zoneCount: zoneCountOf(flags.get('zones'), mistakes),
    processes: flags.has('processes'),
    dataDirectory: dataDirectoryOf(flags.get('data'), environment, mistakes),
    port: portOf('--port', flags.get('port') ?? '9000', mistakes),
    region: regionOf(flags.get('region') ?? 'cn-hangzhou', mistakes),
    domain: domainOf(flags.get('domain') ?? LOCAL_DOMAIN, mistakes),
    accessKey: accessKeyOf(flags, mistakes),
    tls: tlsOf(flags, environment, mistakes),
    json: flags.has('json'),
    adminPort: portOf('GRANARY_ADMIN_PORT', environment['GRANARY_ADMIN_PORT'] || '0', mistakes),
    gcGraceMs: gcGraceOf(environment, mistakes),
    restoreLengths: restoreLengthsOf(environment, mistakes),
    callbacks: callbacksOf(environment, mistakes),
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes)
  return config
}

const STRING_FLAGS = [
  'zones',
  'data',
  'port',
  'region',
  'domain',
  'access-key-id',
  'access-key-secret',
  'tls-cert',
  'tls-key',
] as const
const BARE_FLAGS = ['json', 'processes'] as const
const string = { type: 'string' } as const
const boolean = { type: 'boolean' } as const

/** Values of the flags given; of a flag without value an empty text. */
function parseFlags(args: readonly string[], mistakes: string[]): ReadonlyMap<string, string> {
  const flags = new Map<string, string>()
  const { tokens } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(STRING_FLAGS.map((name) => [name, string])),
      ...Object.fromEntries(BARE_FLAGS.map((name) => [name, boolean])),
    },
    strict: false,
    tokens: true,
  })
  for (const token of tokens) {
    if (token.kind === 'positional') mistakes.push(`"${token.value}" is not a flag`)
    if (token.kind !== 'option') continue
    const { name, rawName, value } = token
    const takesValue = (STRING_FLAGS as readonly string[]).includes(name)
    const isKnown = takesValue || (BARE_FLAGS as readonly string[]).includes(name)
    if (!isKnown) mistakes.push(`${rawName} is unknown`)
    else if (flags.has(name)) mistakes.push(`--${name} is given twice`)
    else if (takesValue && !value) mistakes.push(`--${name} needs a value`)
    else if (!takesValue && value !== undefined) mistakes.push(`--${name} takes no value`)
    else flags.set(name, value ?? '')
  }
  return flags
}

function zoneCountOf(text: string | undefined, mistakes: string[]): number | undefined {
  if (text === undefined) return undefined
  const zoneCount = /^\d$/.test(text) ? Number(text) : 0
  if (zoneCount < 1 || zoneCount > ZONE_COUNT_MAX) {
    mistakes.push(`--zones must be a number from 1 to ${ZONE_COUNT_MAX}, is "${text}"`)
  }
  return zoneCount
}

function dataDirectoryOf(
  given: string | undefined,
  environment: Environment,
  mistakes: string[],
): string {
  if (given !== undefined) return pathOf(given, environment)
  const dataHome = environment['XDG_DATA_HOME']
  // The XDG specification: a path that is not absolute is to be ignored.
  if (dataHome !== undefined && isAbsolute(dataHome)) return join(dataHome, 'granary')
  const home = environment['HOME']
  if (!home) mistakes.push('--data must be given where HOME is not set')
  return join(home ?? '/', '.local', 'share', 'granary')
}

function portOf(name: string, text: string, mistakes: string[]): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Infinity
  if (port > 65_535) {
    mistakes.push(`${name} must be a whole number from 0 to 65535, is "${text}"`)
  }
  return port
}

function gcGraceOf(environment: Environment, mistakes: string[]): number {
  const text = environment['GRANARY_GC_GRACE_MS']
  if (!text) return GC_GRACE_MS
  if (!/^\d{1,12}$/.test(text)) {
    mistakes.push(`GRANARY_GC_GRACE_MS must be a whole number of milliseconds, is "${text}"`)
  }
  return Number(text)
}

function restoreLengthsOf(environment: Environment, mistakes: string[]): RestoreLengths {
  const read = (name: string, otherwise: number) => {
    const text = environment[name]
    if (!text) return otherwise
    if (!/^[1-9]\d{0,9}$/.test(text)) {
      mistakes.push(`${name} must be a whole number of milliseconds above 0, is "${text}"`)
    }
    return Number(text)
  }
  return {
    delayMs: read('GRANARY_RESTORE_DELAY_MS', defaultRestoreLengths.delayMs),
    dayMs: read('GRANARY_RESTORE_DAY_MS', defaultRestoreLengths.dayMs),
  }
}

function callbacksOf(environment: Environment, mistakes: string[]): CallbackConfig {
  const flag = environment['GRANARY_CALLBACK_PRIVATE'] || '0'
  if (flag !== '0' && flag !== '1') {
    mistakes.push(`GRANARY_CALLBACK_PRIVATE must be 0 or 1, is "${flag}"`)
  }
  const keyUrl = environment['GRANARY_CALLBACK_KEY_URL'] || undefined
  if (keyUrl !== undefined && !URL.canParse(keyUrl)) {
    mistakes.push(`GRANARY_CALLBACK_KEY_URL must be a URL, is "${keyUrl}"`)
  }
  return { mayBePrivate: flag === '1', keyUrl }
}

function regionOf(text: string, mistakes: string[]): string {
  if (!/^[a-z0-9][a-z0-9-]{0,48}[a-z0-9]$/.test(text) || text.startsWith('oss-')) {
    mistakes.push(
      `--region must be 2 to 50 letters a-z, digits and hyphens, without "oss-" in front, is "${text}"`,
    )
  }
  return text
}

function domainOf(text: string, mistakes: string[]): string {
  if (!isDomain(text)) {
    mistakes.push(`--domain must be a name such as "example.com", in small letters, is "${text}"`)
  }
  return text
}

function accessKeyOf(
  flags: ReadonlyMap<string, string>,
  mistakes: string[],
): GivenAccessKey | undefined {
  const accessKeyId = flags.get('access-key-id')
  const accessKeySecret = flags.get('access-key-secret')
  if (accessKeyId === undefined && accessKeySecret === undefined) return undefined
  if (accessKeyId === undefined || accessKeySecret === undefined) {
    mistakes.push('--access-key-id and --access-key-secret must be given together')
    return undefined
  }
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(accessKeyId)) {
    mistakes.push(
      `--access-key-id must be 1 to 128 letters, digits and ". _ -", is "${accessKeyId}"`,
    )
  }
  // Never shown: it may be right but for one character.
  if (!/^[\x21-\x7e]{1,256}$/.test(accessKeySecret)) {
    mistakes.push('--access-key-secret must be 1 to 256 visible ASCII characters')
  }
  return { accessKeyId, accessKeySecret }
}

function tlsOf(
  flags: ReadonlyMap<string, string>,
  environment: Environment,
  mistakes: string[],
): LocalConfig['tls'] {
  const certFile = flags.get('tls-cert')
  const keyFile = flags.get('tls-key')
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) {
    mistakes.push('--tls-cert and --tls-key must be given together')
    return undefined
  }
  return { certFile: pathOf(certFile, environment), keyFile: pathOf(keyFile, environment) }
}

/** npm runs scripts in the checkout; a path is meant from where npm was called. */
function pathOf(given: string, environment: Environment): string {
  return resolve(environment['INIT_CWD'] ?? '', given)
}
