/**
 * Signatures of RPC requests: HMAC-SHA1 over all parameters, sorted (oss.md 2.7).
 *
 * @module
 */

import { createHmac } from 'node:crypto'
import { encodePercent } from '../../base/percent-encoding.ts'
import { sameSignature } from '../oss/signature-text.ts'

/** Parameters of a request, decoded; each comes once. */
export type RpcParameters = ReadonlyMap<string, string>

const SIGNATURE = 'Signature'

/** The text that a client signs. */
export function rpcStringToSign(method: string, parameters: RpcParameters): string {
  const pairs = [...parameters.keys()]
    .filter((name) => name !== SIGNATURE)
    .sort()
    .map((name) => `${encodePercent(name)}=${encodePercent(parameters.get(name) ?? '')}`)
  return `${method}&${encodePercent('/')}&${encodePercent(pairs.join('&'))}`
}

/** Whether the parameters are signed with this secret. */
export function isRpcSigned(method: string, parameters: RpcParameters, secret: string): boolean {
  const text = rpcStringToSign(method, parameters)
  const expected = createHmac('sha1', `${secret}&`).update(text).digest('base64')
  return sameSignature(expected, parameters.get(SIGNATURE) ?? '')
}
