/**
 * Runs the config store as a process of its own: it can be stopped and goes on.
 *
 * @module
 */

import { unreachable } from '@granary/storage-node/base/assert'
import { nodeFiles } from '@granary/storage-node/base/files'
import { systemRandom } from '@granary/storage-node/base/random'
import { winstonLogger } from '@granary/storage-node/base/winston-logger'
import type { StoreEntry } from '@granary/storage-node/contract/placement-map'
import { ConfigServer, FileConfigStore, foundRegion } from '../../storage-node/src/testing.ts'

/** What it is told over Node's channel. */
export type ConfigRequest =
  | { readonly kind: 'listen'; readonly file: string; readonly socket: string }
  | { readonly kind: 'found'; readonly entries: readonly StoreEntry[] }
  | { readonly kind: 'configurations' }

/** How it answers `configurations`: one line a partition. */
export interface PartitionLine {
  readonly partition: number
  readonly epoch: number
  /** Name of the storage node. */
  readonly primary: string
}

const FOUNDING = { rangeCount: 24, groupCount: 16 }

let configs: FileConfigStore | undefined
let entries: readonly StoreEntry[] = []

process.on('message', (request: ConfigRequest) => {
  void perform(request).then((lines) => process.send?.({ kind: 'done', lines }))
})
process.on('disconnect', () => process.exit(0))

async function perform(request: ConfigRequest): Promise<PartitionLine[]> {
  switch (request.kind) {
    case 'listen': {
      const { file, socket } = request
      configs = await FileConfigStore.open({ files: nodeFiles, random: systemRandom, path: file })
      await ConfigServer.listen(configs, socket, winstonLogger(process.stderr))
      return []
    }
    case 'found':
      entries = request.entries
      if (configs !== undefined) await foundRegion(configs, entries, FOUNDING)
      return []
    case 'configurations':
      return partitionLines()
    default:
      return unreachable(request)
  }
}

async function partitionLines(): Promise<PartitionLine[]> {
  const all = (await configs?.list()) ?? []
  return all.flatMap(({ partition, configuration }) => {
    if (configuration === undefined) return []
    const { epoch, primary } = configuration
    const name = entries.find(({ store }) => store === primary)?.name ?? primary
    return [{ partition, epoch, primary: name }]
  })
}
