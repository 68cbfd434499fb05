/**
 * Program of a beacon thread: beacons and leases of one storage node, over connections of its own.
 *
 * @module
 */

import { parentPort, workerData } from 'node:worker_threads'
import { assert } from './base/assert.ts'
import { systemClock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import { BeaconService } from './cluster/beacons/beacon-service.ts'
import { Remembering } from './cluster/beacons/remembering.ts'
import type {
  BeaconCall,
  BeaconNotice,
  BeaconPeer,
  BeaconThreadSettings,
  LogLevel,
} from './cluster/beacons/thread-messages.ts'
import { openBeaconSockets } from './cluster/transport/beacon-sockets.ts'
import type { StoreId } from './contract/identifiers.ts'

assert(parentPort !== null, 'a beacon thread runs in a worker')
const port = parentPort
const notify = (notice: BeaconNotice) => port.postMessage(notice)

// Calls wait in the port until there is a listener.
void serve(workerData as BeaconThreadSettings)

async function serve(settings: BeaconThreadSettings): Promise<void> {
  const [clock, logger, remembering] = [systemClock, relayedLogger(), new Remembering(notify)]
  let peers: ReadonlyMap<StoreId, BeaconPeer> = new Map()
  const channel = await openBeaconSockets(settings.sockets, {
    clock,
    logger,
    addressOf: (store) => peers.get(store)?.address,
    isHolder: (name, store) => peers.has(store) && peers.get(store)?.certificate === name,
    incarnationMax: (store) => settings.incarnations.get(store),
    remember: (store, incarnation) => remembering.remember(store, incarnation),
  })
  const service = new BeaconService({ settings, clock, logger, channel, remembering, notify })
  port.on('message', (call: BeaconCall) => {
    if (call.kind === 'peers') peers = new Map(call.peers.map((peer) => [peer.store, peer]))
    service.perform(call)
  })
  notify({ kind: 'listening', port: channel.port })
}

/** The main loop writes the log. */
function relayedLogger(): Logger {
  const relay =
    (level: LogLevel): Logger[LogLevel] =>
    (message, fields = {}) =>
      notify({ kind: 'log', level, message, fields })
  return { info: relay('info'), warn: relay('warn'), error: relay('error') }
}
