/**
 * Everything that a region answers at its endpoints: both dialects, STS, the key of callbacks.
 *
 * @module
 */

import { publishCallbackKey } from './api/callback-key.ts'
import { Gateway } from './api/gateway.ts'
import type { RequestHandler } from './api/http-message.ts'
import type { RegionFacts, Services } from './api/operation.ts'
import { ossDialect } from './api/oss/oss-dialect.ts'
import { S3Gateway } from './api/s3/s3-gateway.ts'
import type { Roles } from './api/sts/assume-role.ts'
import { StsGateway } from './api/sts/sts-gateway.ts'
import type { AccessKeyService } from './services/access-key-service.ts'
import type { CallbackService } from './services/callback-service.ts'
import type { EndpointSuffixes } from './wire/oss/addressing.ts'

/** What a storage node itself offers. */
export type NodeServices = Omit<Services, 'region' | 'callbacks'>

export interface RegionHandlerOptions {
  readonly accounts: AccessKeyService & Roles
  readonly callbacks: CallbackService
  /** What answers say of the region. */
  readonly facts: RegionFacts
  /** `sts.` is served below it. */
  readonly domain: string
  readonly suffixes: EndpointSuffixes
}

/** The handler of every request, whatever address it came to. */
export function regionHandler(
  services: NodeServices,
  { accounts, callbacks, facts, domain, suffixes }: RegionHandlerOptions,
): RequestHandler {
  const offered = { ...services, region: facts, callbacks }
  const oss = new Gateway(ossDialect, offered, accounts, suffixes)
  const s3 = new S3Gateway(offered, accounts, suffixes)
  const sts = new StsGateway(accounts, accounts, facts.region, domain)
  const served = sts.before((request) =>
    request.dialect === 's3' ? s3.handle(request) : oss.handle(request),
  )
  return publishCallbackKey(callbacks, suffixes, served)
}
