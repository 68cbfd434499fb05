/**
 * The API of a local region: its HTTP servers on loopback, in front of its services.
 *
 * @module
 */

import type { ExchangeObserver, HttpServerOptions } from './api/http-server.ts'
import { HttpServer } from './api/http-server.ts'
import type { Roles } from './api/sts/assume-role.ts'
import type { Clock } from './base/clock.ts'
import type { Random } from './base/random.ts'
import { listenOnLoopback } from './local-listen.ts'
import type { ServedApi } from './node-place.ts'
import type { NodeServices } from './region-handler.ts'
import { regionHandler } from './region-handler.ts'
import type { CallbackService } from './services/callback-service.ts'
import type { AccessKeyService } from './services/access-key-service.ts'
import { endpointAt, endpointsBelow, endpointSuffixes } from './wire/oss/addressing.ts'

export interface LocalApiOptions {
  readonly clock: Clock
  readonly random: Random
  readonly observer: ExchangeObserver
  readonly http: HttpServerOptions
  readonly accounts: AccessKeyService & Roles
  readonly callbacks: CallbackService
  /** Bare: `cn-hangzhou`. */
  readonly region: string
  /** Endpoints are below it. */
  readonly domain: string
  /** Undefined: loopback, both families. */
  readonly host?: string | undefined
  /** 0: any free one. */
  readonly port: number
}

/** A serving API. */
/**
 * One for each storage node. The first one gets the port that is wanted, the others those behind it
 * as far as they are free.
 */
export async function startLocalApis(
  nodes: readonly NodeServices[],
  options: LocalApiOptions,
): Promise<ServedApi[]> {
  const apis: ServedApi[] = []
  for (const [at, node] of nodes.entries()) {
    const first = apis[0]?.port
    const wanted = first === undefined || options.port === 0 ? options.port : first + at
    const start = (port: number) => startLocalApi(node, { ...options, port })
    const starting = at === 0 ? start(wanted) : start(wanted).catch(() => start(0))
    apis.push(await starting)
  }
  return apis
}

/** Listens, and serves as soon as it does. */
export async function startLocalApi(
  services: NodeServices,
  options: LocalApiOptions,
): Promise<ServedApi> {
  const { clock, random, observer, http, accounts, callbacks, region, domain } = options
  const facts = { region, extranetEndpoint: '', intranetEndpoint: '' }
  const { extranet, intranet } = endpointsBelow(domain, region)
  const suffixes = endpointSuffixes(region, [extranet, intranet, `s3.${domain}`, `s3.${extranet}`])
  const handler = regionHandler(services, { accounts, callbacks, facts, domain, suffixes })
  const server = new HttpServer(clock, random, handler, observer, http)
  const port =
    options.host === undefined
      ? await listenOnLoopback(server, options.port)
      : await server.listen(options.host, options.port)
  const isSecure = http.tls !== undefined
  facts.extranetEndpoint = endpointAt(extranet, port, isSecure)
  facts.intranetEndpoint = endpointAt(intranet, port, isSecure)
  return { port, stop: () => server.stop() }
}
