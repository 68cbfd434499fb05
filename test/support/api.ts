/**
 * The API over a region in memory, with an owner and a stranger, and ways to send it anything.
 *
 * @module
 */

import { connect } from 'node:net'
import { startMemoryApi } from '../../storage-node/src/testing.ts'
import type { MemoryApi, MemoryApiOptions } from '../../storage-node/src/testing.ts'
import type { Access, OssRequest, OssResponse } from './oss-request.ts'
import { sendOssRequest } from './oss-request.ts'

const REGION = 'cn-hangzhou'
const keys = [
  { accessKeyId: 'owner', accessKeySecret: 'owner-secret', account: '1000000000000001' },
  { accessKeyId: 'stranger', accessKeySecret: 'stranger-secret', account: '1000000000000002' },
  {
    accessKeyId: 'disabled',
    accessKeySecret: 'disabled-secret',
    account: '1000000000000001',
    enabled: false,
  },
]

/** A serving region and who may call it. */
export interface TestApi extends MemoryApi {
  /** Whose buckets are used. */
  readonly owner: Access
  /** Somebody with an account of its own. */
  readonly stranger: Access
  /** A key pair that was switched off. */
  readonly disabled: Access
  /** Sends as the owner. */
  send(request: OssRequest): Promise<OssResponse>
  /** Sends bytes as they are, and returns all that comes back until the server closes. */
  sendRaw(text: string | Uint8Array): Promise<string>
}

/**
 * Starts it, empty. `idleTimeoutMs` is how long a silent client is waited for, `accounts` what the file
 * of a local region would hold; `callsPrivate` lets callbacks go to this machine.
 */
export async function startApi(
  idleTimeoutMs = 30_000,
  accounts: object = { accounts: [] },
  callsPrivate = false,
  more: Pick<MemoryApiOptions, 'restoreLengths' | 'admin'> = {},
): Promise<TestApi> {
  const http = { idleTimeoutMs }
  const api = await startMemoryApi({ region: REGION, keys, accounts, http, callsPrivate, ...more })
  const endpoint = `http://127.0.0.1:${api.port}`
  const [owner, stranger, disabled] = keys.map(({ accessKeyId, accessKeySecret }) => {
    return { endpoint, region: REGION, accessKeyId, accessKeySecret }
  }) as [Access, Access, Access]
  return {
    ...api,
    owner,
    stranger,
    disabled,
    send: (request) => sendOssRequest(owner, request),
    sendRaw: (text) => sendRaw(api.port, text),
  }
}

function sendRaw(port: number, text: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1')
    socket.on('data', (piece) => (received += String(piece)))
    // What the server did not want to read may cost the connection; its answer came before.
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
  })
}

/** Code of an error answer; of a HEAD from its header. Undefined when it is none. */
export function codeOf({ headers, body }: OssResponse): string | undefined {
  const encoded = headers['x-oss-err']
  const text = typeof encoded === 'string' ? Buffer.from(encoded, 'base64') : body
  return /<Code>(\w+)<\/Code>/.exec(text.toString())?.[1]
}

/** Status and code, as tables state them: `404 NoSuchKey`, `200`. */
export function outcomeOf(response: OssResponse): string {
  const code = codeOf(response)
  return code === undefined ? String(response.status) : `${response.status} ${code}`
}
