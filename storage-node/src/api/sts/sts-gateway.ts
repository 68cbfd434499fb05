/**
 * The STS endpoint: RPC requests, signed over their parameters (oss.md 2.7).
 *
 * It is reached at hosts that begin with `sts.`, or as a form that is posted to the bare endpoint, for
 * there are clients that know an address and no name.
 *
 * @module
 */

import { isUtf8 } from 'node:buffer'
import { asBuffer } from '../../base/bytes.ts'
import { OssError } from '../../model/errors.ts'
import type { AccessKey, AccessKeyService } from '../../services/access-key-service.ts'
import { CLOCK_SKEW_MS_MAX } from '../../wire/oss/authorization.ts'
import { parseQuery } from '../../wire/oss/request-head.ts'
import type { RpcFormat } from '../../wire/sts/answers.ts'
import { writeAssumedRole, writeRpcError } from '../../wire/sts/answers.ts'
import type { RpcParameters } from '../../wire/sts/rpc-signature.ts'
import { isRpcSigned } from '../../wire/sts/rpc-signature.ts'
import { findAccessKey, isUsable } from '../authenticate.ts'
import type { OssRequest, OssResponse, RequestHandler } from '../http-message.ts'
import { readDocument } from '../read-document.ts'
import type { Roles } from './assume-role.ts'
import { assumeRole, missingParameter } from './assume-role.ts'
import { UsedNonces } from './used-nonces.ts'

const FORM = 'application/x-www-form-urlencoded'
const FORM_BYTES_MAX = 64 * 1024
const ACTION = 'AssumeRole'
const VERSION = '2015-04-01'
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/
/** A nonce is as good as new once no request of its time would be accepted. */
const NONCE_KEPT_MS = 2 * CLOCK_SKEW_MS_MAX

/** Serves STS requests. */
export class StsGateway {
  readonly #accessKeys: AccessKeyService
  readonly #roles: Roles
  readonly #hosts: ReadonlySet<string>
  readonly #nonces = new UsedNonces(NONCE_KEPT_MS)

  constructor(accessKeys: AccessKeyService, roles: Roles, region: string, domain: string) {
    this.#accessKeys = accessKeys
    this.#roles = roles
    this.#hosts = new Set(stsHosts(region, domain))
  }

  /** Serves what is meant for it, and hands everything else on. */
  before(next: RequestHandler): RequestHandler {
    return (request) => (this.#isFor(request) ? this.handle(request) : next(request))
  }

  async handle(request: OssRequest): Promise<OssResponse> {
    request.facts.operation = ACTION
    let format: RpcFormat = 'XML'
    try {
      const parameters = await readParameters(request)
      if (parameters.get('Format')?.toUpperCase() === 'JSON') format = 'JSON'
      const key = await this.#authenticate(request, parameters)
      const role = assumeRole(request, key, parameters, this.#roles)
      return answer(200, format, writeAssumedRole(format, role))
    } catch (error) {
      if (!(error instanceof OssError)) throw error
      request.facts.errorCode = error.code
      const { requestId, host } = request
      const document = writeRpcError(format, error, { requestId, hostId: host })
      return answer(error.status, format, document)
    }
  }

  #isFor({ method, host, rawPath, headers }: OssRequest): boolean {
    if (rawPath !== '/') return false
    if (this.#hosts.has(host.toLowerCase().replace(/:\d+$/, ''))) return true
    // No operation on the service is a form; forms on a bucket are uploads, and of another type.
    return method === 'POST' && headers['content-type']?.startsWith(FORM) === true && isBare(host)
  }

  async #authenticate(request: OssRequest, parameters: RpcParameters): Promise<AccessKey> {
    const nowMs = request.receivedMs
    mustBe(parameters, 'Action', ACTION, 'InvalidAction.NotFound')
    mustBe(parameters, 'Version', VERSION, 'InvalidVersion')
    mustBe(parameters, 'SignatureMethod', 'HMAC-SHA1', 'IncompleteSignature')
    mustBe(parameters, 'SignatureVersion', '1.0', 'IncompleteSignature')
    const accessKeyId = required(parameters, 'AccessKeyId')
    required(parameters, 'Signature')
    const nonce = required(parameters, 'SignatureNonce')
    refuseTime(required(parameters, 'Timestamp'), nowMs)
    const key = await this.#findKey(accessKeyId, parameters.get('SecurityToken'), nowMs)
    if (!isRpcSigned(request.method, parameters, key.accessKeySecret)) {
      throw new OssError('SignatureDoesNotMatch')
    }
    if (!this.#nonces.use(`${accessKeyId}/${nonce}`, nowMs)) {
      throw new OssError('SignatureNonceUsed')
    }
    request.facts.accessKeyId = accessKeyId
    request.facts.account = key.account
    return key
  }

  async #findKey(
    accessKeyId: string,
    token: string | undefined,
    nowMs: number,
  ): Promise<AccessKey> {
    if (token !== undefined) return findAccessKey(this.#accessKeys, accessKeyId, token, nowMs)
    const key = await this.#accessKeys.find(accessKeyId)
    if (key === undefined) throw new OssError('InvalidAccessKeyId.NotFound')
    if (!isUsable(key, nowMs)) throw new OssError('InvalidAccessKeyId.Inactive')
    return key
  }
}

function stsHosts(region: string, domain: string): string[] {
  return [
    ...['localhost', domain].flatMap((name) => [`sts.${name}`, `sts.${region}.${name}`]),
    'sts.aliyuncs.com',
    `sts.${region}.aliyuncs.com`,
    `sts-vpc.${region}.aliyuncs.com`,
  ]
}

/** An address, or this machine: what names no bucket. */
function isBare(host: string): boolean {
  return /^(localhost|[\d.]+|\[[0-9a-f:.]+\])(:\d+)?$/i.test(host)
}

async function readParameters(request: OssRequest): Promise<RpcParameters> {
  const { method, query, headers } = request
  if (method !== 'POST' && method !== 'GET') throw new OssError('UnsupportedHTTPMethod')
  const isForm = method === 'POST' && headers['content-type']?.startsWith(FORM) === true
  const body = isForm ? await readDocument(request, FORM_BYTES_MAX, tooLarge) : new Uint8Array()
  if (!isUtf8(body)) throw invalidParameter('The form must be UTF-8.')
  const parameters = new Map<string, string>()
  for (const { name, value } of [...query, ...parseQuery(asBuffer(body).toString())]) {
    if (parameters.has(name)) throw invalidParameter(`The parameter ${name} comes twice.`)
    parameters.set(name, value)
  }
  return parameters
}

function tooLarge(sizeBytesMax: number): OssError {
  return invalidParameter(`The form is larger than ${sizeBytesMax} bytes.`)
}

function invalidParameter(message: string): OssError {
  return new OssError('InvalidParameter', { message })
}

function required(parameters: RpcParameters, name: string): string {
  const value = parameters.get(name)
  if (value === undefined || value === '') throw missingParameter(name)
  return value
}

function mustBe(
  parameters: RpcParameters,
  name: string,
  wanted: string,
  code: 'InvalidAction.NotFound' | 'InvalidVersion' | 'IncompleteSignature',
): void {
  const value = required(parameters, name)
  if (value.toLowerCase() === wanted.toLowerCase()) return
  throw new OssError(code, { message: `The parameter ${name} must be ${wanted}.` })
}

function refuseTime(text: string, nowMs: number): void {
  const sentMs = TIMESTAMP.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(sentMs)) throw new OssError('InvalidTimeStamp.Format')
  if (Math.abs(nowMs - sentMs) > CLOCK_SKEW_MS_MAX) throw new OssError('InvalidTimeStamp.Expired')
}

function answer(status: number, format: RpcFormat, body: string): OssResponse {
  const type = format === 'JSON' ? 'application/json' : 'application/xml'
  return { status, headers: ['Content-Type', type], body }
}
