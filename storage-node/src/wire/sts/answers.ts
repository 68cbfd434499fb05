/**
 * Answers of the STS endpoint, as JSON or XML, whichever is asked for (oss.md 2.7).
 *
 * @module
 */

import type { OssError } from '../../model/errors.ts'
import { xmlDocument, xmlElement, xmlGroup } from '../xml-writer.ts'

export type RpcFormat = 'JSON' | 'XML'

export interface AssumedRole {
  readonly requestId: string
  readonly arn: string
  readonly assumedRoleId: string
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken: string
  readonly expiresMs: number
}

/** The answer to AssumeRole. */
export function writeAssumedRole(format: RpcFormat, role: AssumedRole): string {
  const { requestId, arn, assumedRoleId, accessKeyId, accessKeySecret, securityToken } = role
  const user = { AssumedRoleId: assumedRoleId, Arn: arn }
  const credentials = {
    AccessKeyId: accessKeyId,
    AccessKeySecret: accessKeySecret,
    SecurityToken: securityToken,
    Expiration: new Date(role.expiresMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  }
  if (format === 'JSON') {
    return JSON.stringify({
      RequestId: requestId,
      AssumedRoleUser: user,
      Credentials: credentials,
    })
  }
  return xmlDocument(
    'AssumeRoleResponse',
    xmlElement('RequestId', requestId) +
      xmlGroup('AssumedRoleUser', elementsOf(user)) +
      xmlGroup('Credentials', elementsOf(credentials)),
  )
}

/** What a request that is refused gets. */
export function writeRpcError(
  format: RpcFormat,
  { code, message }: OssError,
  { requestId, hostId }: { readonly requestId: string; readonly hostId: string },
): string {
  const error = { RequestId: requestId, HostId: hostId, Code: code, Message: message }
  return format === 'JSON' ? JSON.stringify(error) : xmlDocument('Error', elementsOf(error))
}

function elementsOf(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => xmlElement(name, value))
    .join('')
}
