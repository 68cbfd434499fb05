/**
 * What the operator asks of storage nodes, for suites that run without one.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { podPorts } from '../../storage-node/src/contract/storage-node-pod.ts'
import type { CredentialFilePaths } from './region-secrets.ts'

/** Calls the admin API of a pod; resolves with what it answered, rejects unless that is a success. */
export function callAdminApi(
  address: string,
  files: CredentialFilePaths,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> {
  const options = {
    ...{ host: address, port: podPorts.admin, method, path },
    key: readFileSync(files.key),
    cert: readFileSync(files.certificate),
    ca: readFileSync(files.authority),
    // The certificate is for a storage node, not for an address.
    checkServerIdentity: () => undefined,
  }
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode = 0 } = response
        if (statusCode < 300) return resolve(text === '' ? undefined : JSON.parse(text))
        reject(new Error(`${method} ${path} was answered with ${statusCode}: ${text}`))
      })
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
