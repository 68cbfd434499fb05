/**
 * Requests to primaries and their replies as bytes.
 *
 * @module
 */

import type { Member } from '../../contract/configuration.ts'
import type { SettingName } from '../../model/setting-name.ts'
import { SETTING_NAME_LENGTH_MAX } from '../../model/setting-name.ts'
import type { Codec, Fields } from './codec.ts'
import {
  bool,
  fixedBytes,
  list,
  optional,
  struct,
  taggedUnion,
  text,
  varint,
  variant,
} from './codec.ts'
import { command, commandResult } from './command-codec.ts'
import { ballot, epoch, partitionId, seq, storeId, zone } from './common-codecs.ts'
import type {
  OperationRequests,
  PrimaryReply,
  Refusal,
  SettingsNews,
  SettingsPosition,
} from './operation-messages.ts'
import { answer, query } from './query-codec.ts'

const OP_ID_BYTES = 16
const CODE_BYTES_MAX = 64
const TEXT_BYTES_MAX = 8192
const DETAIL_COUNT_MAX = 32
const MEMBER_COUNT_MAX = 64
/** More changes than that are told as "forget all". */
export const CHANGED_COUNT_MAX = 1000

const named = list(
  struct({ name: text(CODE_BYTES_MAX), value: text(TEXT_BYTES_MAX) }),
  DETAIL_COUNT_MAX,
)

const refusal: Codec<Refusal> = struct<Refusal>({
  code: text(CODE_BYTES_MAX),
  message: optional(text(TEXT_BYTES_MAX)),
  details: named,
  headers: named,
})

/** A reply with a value of this codec. */
export function primaryReply<T>(value: Codec<T>): Codec<PrimaryReply<T>> {
  const reply: Codec<PrimaryReply<unknown>> = taggedUnion('kind', {
    done: variant(1, { value: value as Codec<unknown> }),
    refused: variant(2, { refusal }),
    elsewhere: variant(3, { epoch, primary: optional(storeId) }),
    unavailable: variant(4, { why: text(TEXT_BYTES_MAX), retryAfterMs: varint() }),
  })
  return reply as Codec<PrimaryReply<T>>
}

const settingsPosition: Codec<SettingsPosition> = struct<SettingsPosition>({ ballot, seq })
const changed = list(text<SettingName>(SETTING_NAME_LENGTH_MAX), CHANGED_COUNT_MAX)

const settingsNews: Codec<SettingsNews> = struct<SettingsNews>({
  position: settingsPosition,
  members: optional(list(struct<Member>({ store: storeId, zone }), MEMBER_COUNT_MAX)),
  changed: optional(changed),
})

/** By kind: the request's fields, and the answer. */
export const operationCodecs: {
  readonly [K in keyof OperationRequests]: {
    readonly request: Fields<OperationRequests[K]['request']>
    readonly answer: Codec<OperationRequests[K]['answer']>
  }
} = {
  execute: {
    request: { partition: partitionId, epoch, opId: fixedBytes(OP_ID_BYTES), command },
    answer: primaryReply(commandResult),
  },
  ask: { request: { partition: partitionId, query }, answer: primaryReply(answer) },
  settings: { request: { since: optional(settingsPosition) }, answer: primaryReply(settingsNews) },
  settingsChanged: { request: { changed }, answer: struct({ forgotten: bool() }) },
  settingsWord: { request: { position: settingsPosition }, answer: struct({ holds: bool() }) },
}
