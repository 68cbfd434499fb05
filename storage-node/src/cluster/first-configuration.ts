/**
 * Writes the first configuration of a partition that has none (replication.md 4.1).
 *
 * Only the preferred primary does, and only when every member it was meant to have says that it
 * never had state or a promise: a record that was lost and made again must not become an empty range.
 *
 * @module
 */

import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Configuration, Member } from '../contract/configuration.ts'
import type { Epoch, StoreId } from '../contract/identifiers.ts'
import type { ConfigStore } from './config-store.ts'
import type { PartitionConfig } from '../contract/partition-record.ts'
import type { PeerNetwork } from './peer-network.ts'

const FIRST_EPOCH = 1 as Epoch
const ASK_MS_MAX = 1_000
const RETRY_MS = 100
/** Others may still be starting: only what lasts is worth a line. */
const QUIET_ATTEMPT_COUNT = 50

export interface FirstConfigurationParts {
  readonly configs: Pick<ConfigStore, 'get' | 'swap'>
  readonly network: Pick<PeerNetwork, 'self' | 'request'>
  /** Where the stores of the region are. */
  readonly memberOf: (store: StoreId) => Member | undefined
  readonly clock: Clock
  readonly logger: Logger
}

/** What a partition's record and its stores make of the first configuration. */
export function firstConfigurationOf(
  { partition, uid, intent }: PartitionConfig,
  members: readonly Member[],
): Configuration {
  const { preferredPrimary: primary, initialRange: range } = intent
  return { partition, uid, epoch: FIRST_EPOCH, primary, members, range }
}

/** Tries until there is a configuration, whoever wrote it, or the signal says to stop. */
export async function writeFirstConfiguration(
  parts: FirstConfigurationParts,
  partition: PartitionConfig['partition'],
  signal: AbortSignal,
): Promise<void> {
  const { clock, logger } = parts
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const config = await parts.configs.get(partition)
      if (config?.configuration !== undefined) return
      if (config !== undefined && (await tryOnce(parts, config))) return
    } catch (error) {
      if (attempt % QUIET_ATTEMPT_COUNT === 0) {
        logger.warn('A first configuration has to wait', { partition, why: String(error) })
      }
    }
    await sleep(clock, RETRY_MS, signal)
  }
}

async function tryOnce(parts: FirstConfigurationParts, config: PartitionConfig): Promise<boolean> {
  const { configs, network, memberOf, logger } = parts
  const { partition, uid, version, intent } = config
  const members = intent.desiredMembers.flatMap((store) => memberOf(store) ?? [])
  if (members.length < intent.desiredMembers.length) return false
  const answers = await Promise.all(
    members.map(({ store }) =>
      network.request(store, { kind: 'knows', partition, uid }, { deadlineMs: ASK_MS_MAX }),
    ),
  )
  if (answers.some(({ knows }) => knows)) {
    logger.error('ConfigRegressed: a partition without configuration has state', { partition })
    return false
  }
  const { kind } = await configs.swap(partition, version, firstConfigurationOf(config, members))
  return kind === 'won'
}
