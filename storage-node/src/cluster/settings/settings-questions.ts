/**
 * Asks, again and again, what has become of the settings: the system range's primary, or its members
 * while that is silent (replication.md 1.14).
 *
 * @module
 */

import { assert } from '../../base/assert.ts'
import type { Clock, Timer } from '../../base/clock.ts'
import type { StoreId } from '../../contract/identifiers.ts'
import type { QuorumRule } from '../../contract/quorum.ts'
import { isWriteQuorum } from '../../contract/quorum.ts'
import { SYSTEM_POSITION } from '../../wire/stored/range-keys.ts'
import type { PartitionTable } from '../partition-table.ts'
import type { PeerNetwork } from '../peer-network.ts'
import { SETTINGS_USABLE_MS } from './record-cache.ts'
import type { MembersQuestion, SettingsCache } from './settings-cache.ts'

/** From one question to the next. */
export const SETTINGS_ASK_MS = 500
/** For the primary's answer, then for the members'. */
const PRIMARY_ANSWER_MS = 700
const MEMBER_ANSWER_MS = 500
assert(
  PRIMARY_ANSWER_MS + MEMBER_ANSWER_MS + SETTINGS_ASK_MS < SETTINGS_USABLE_MS,
  'settings stay usable while the primary is silent and the members answer',
)

export interface SettingsQuestionsParts {
  readonly cache: SettingsCache
  readonly table: PartitionTable
  readonly network: Pick<PeerNetwork, 'request'>
  readonly clock: Clock
  readonly quorum: QuorumRule
}

export class SettingsQuestions {
  readonly #parts: SettingsQuestionsParts
  #timer: Timer | undefined
  #isStopped = false

  constructor(parts: SettingsQuestionsParts) {
    this.#parts = parts
  }

  /** Begins to ask, at once. */
  start(): void {
    void this.#run()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #run(): Promise<void> {
    const { clock } = this.#parts
    const beganMs = clock.monotonicMs()
    if (!(await this.#askPrimary())) await this.#askMembers()
    if (this.#isStopped) return
    const passedMs = clock.monotonicMs() - beganMs
    this.#timer = clock.schedule(Math.max(0, SETTINGS_ASK_MS - passedMs), () => void this.#run())
  }

  /** Whether the primary has answered. */
  async #askPrimary(): Promise<boolean> {
    const { cache, table, network, clock } = this.#parts
    const route = table.find(SYSTEM_POSITION)
    if (route?.primary === undefined) return false
    const sentMs = clock.monotonicMs()
    const question = { kind: 'settings', since: cache.position } as const
    const deadlineMs = PRIMARY_ANSWER_MS
    try {
      const reply = await network.request(route.primary, question, { deadlineMs })
      if (reply.kind === 'done') cache.learn(reply.value, sentMs)
      if (reply.kind === 'elsewhere') {
        table.learnPrimary(route.partition, reply.epoch, reply.primary)
      }
      return reply.kind === 'done'
    } catch {
      // Silence is what the members are for.
      table.refresh(route.partition)
      return false
    }
  }

  async #askMembers(): Promise<void> {
    const { cache, clock, quorum } = this.#parts
    const question = cache.membersQuestion
    if (question === undefined) return
    const sentMs = clock.monotonicMs()
    const holding = new Set<StoreId>()
    await Promise.all(
      question.members.map(async ({ store }) => {
        if (await this.#vouches(store, question)) holding.add(store)
        if (isWriteQuorum(holding, question.members, quorum)) cache.vouched(question, sentMs)
      }),
    )
  }

  async #vouches(store: StoreId, { position }: MembersQuestion): Promise<boolean> {
    const request = { kind: 'settingsWord', position } as const
    const answer = this.#parts.network.request(store, request, { deadlineMs: MEMBER_ANSWER_MS })
    return answer.then(
      ({ holds }) => holds,
      () => false,
    )
  }
}
