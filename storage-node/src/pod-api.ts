/**
 * The API of a pod: the same handler over HTTP and HTTPS, at the endpoints that the operator names.
 *
 * @module
 */

import type { ExchangeObserver } from './api/http-server.ts'
import { defaultHttpServerOptions, HttpServer } from './api/http-server.ts'
import type { Roles } from './api/sts/assume-role.ts'
import type { RegionEndpoints } from './contract/storage-node-pod.ts'
import type { PlaceParts } from './node-place.ts'
import { PodCertificates } from './pod-certificates.ts'
import type { NodeServices } from './region-handler.ts'
import { regionHandler } from './region-handler.ts'
import type { AccessKeyService } from './services/access-key-service.ts'
import type { CallbackService } from './services/callback-service.ts'
import { endpointSuffixes } from './wire/oss/addressing.ts'

export interface PodApiOptions extends PlaceParts {
  readonly observer: ExchangeObserver
  readonly accounts: AccessKeyService & Roles
  readonly callbacks: CallbackService
  readonly region: string
  readonly endpoints: RegionEndpoints
  readonly host: string
  readonly httpPort: number
  readonly httpsPort: number
}

/** Nobody takes a server for one to come to any more, when nobody has connected for so long. */
const CALM_MS = 2_000

/** The API of one pod. */
export interface PodApi {
  readonly port: number
  /** Resolves when nobody connects any more, or after `msMax`. */
  untilNobodyConnects(msMax: number): Promise<void>
  /** Waits up to `drainMsMax` for requests under way. */
  stop(drainMsMax: number): Promise<void>
}

/** Listens, and serves as soon as it does. */
export async function startPodApi(services: NodeServices, options: PodApiOptions): Promise<PodApi> {
  const { clock, random, logger, observer, region, endpoints, host } = options
  const { internal, external } = endpoints
  const [intranetEndpoint = ''] = internal.hosts
  // Where there is no outside, documents name the inside.
  const extranetEndpoint = external[0]?.hosts[0] ?? intranetEndpoint
  const handler = regionHandler(services, {
    ...{ accounts: options.accounts, callbacks: options.callbacks, domain: extranetEndpoint },
    facts: { region, extranetEndpoint, intranetEndpoint },
    suffixes: endpointSuffixes(
      region,
      [internal, ...external].flatMap(({ hosts }) => hosts),
    ),
  })
  const certificates = await PodCertificates.open(endpoints, clock, logger)
  const http = { ...defaultHttpServerOptions, keepsConnections: options.isReady }
  const plain = new HttpServer(clock, random, handler, observer, http)
  const tls = certificates.identity((replaced) => secure.replaceIdentity(replaced))
  const secure: HttpServer = new HttpServer(clock, random, handler, observer, { ...http, tls })
  const servers = [plain, secure]
  const port = await plain.listen(host, options.httpPort)
  await secure.listen(host, options.httpsPort)
  return {
    port,
    async untilNobodyConnects(msMax) {
      await Promise.all(servers.map((server) => server.untilNobodyConnects(CALM_MS, msMax)))
    },
    async stop(drainMsMax) {
      await Promise.all(servers.map((server) => server.stop(drainMsMax)))
      certificates.stop()
    },
  }
}
