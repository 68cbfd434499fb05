/**
 * Runs the proxy as a process of its own: what it holds up does not wait for the clients' work.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { ConfigLines } from './config-lines.ts'
import { BEACON_PORT, PEER_PORT } from './places.ts'
import { Proxy } from './proxy.ts'
import type { Delay, ProxyPlace } from './proxy.ts'

/** What it is told over Node's channel. It answers each with `{ kind: 'done' }`. */
export type ProxyRequest =
  | {
      readonly kind: 'listen'
      readonly places: readonly ProxyPlace[]
      readonly configSocket: string
      /** Of each storage node's way to the config store, by its name. */
      readonly configPaths: readonly (readonly [name: string, path: string])[]
    }
  | { readonly kind: 'delay'; readonly delays: readonly Delay[] }
  | { readonly kind: 'reset'; readonly pairs: readonly (readonly [one: string, other: string])[] }
  | { readonly kind: 'cutConfig'; readonly names: readonly string[] }

let proxy: Proxy | undefined
let lines: ConfigLines | undefined

process.on('message', (request: ProxyRequest) => {
  void perform(request).then(() => process.send?.({ kind: 'done' }))
})
process.on('disconnect', () => process.exit(0))

async function perform(request: ProxyRequest): Promise<void> {
  switch (request.kind) {
    case 'listen':
      proxy = await Proxy.listen(request.places, [PEER_PORT, BEACON_PORT])
      lines = await ConfigLines.listen(new Map(request.configPaths), request.configSocket)
      return
    case 'delay':
      return proxy?.delay(request.delays)
    case 'reset':
      for (const [one, other] of request.pairs) proxy?.reset(one, other)
      return
    case 'cutConfig':
      return lines?.cut(request.names)
    default:
      unreachable(request)
  }
}
