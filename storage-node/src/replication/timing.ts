/**
 * The protocol's times. All are milliseconds of the monotonic clock; only reads depend on them.
 *
 * @module
 */

import { assert } from '../base/assert.ts'

/** G: a grant holds for so long from the beacon's receipt (L1). */
export const GRANT_MS = 3000
/** Between the candidates of one partition, by rank. */
export const RANK_STAGGER_MS = 200
/** A prepare, seal or fetch without an answer is sent again. */
export const RESEND_MS = 250
/** ... to a member that goes on saying nothing, less and less often. */
export const RESEND_MS_MAX = 1000
/** An empty prepare tells the commit so long after it last moved. */
export const TELL_COMMIT_MS = 50
/** Longer behind the commit, a member is not waited for (soft wait). */
export const SOFT_WAIT_MS = 10
/** Without a beacon for so long a member is not waited for. */
export const HEALTHY_BEACON_MS = 1200
/** A primary that gets no further in so long before it is active runs a takeover (T5). */
export const ACTIVATION_STALL_MS = 1500
/** ... sooner if a member refuses it. */
export const REFUSAL_STALL_MS = 500
/** A candidate gives members so long to answer before it drops those that do not. */
export const DROP_AFTER_MS = 1000
/** A candidate that does not get its seal set gives up. */
export const SEAL_LIMIT_MS = 2000
/** A candidate that neither gets entries nor acknowledgements gives up. */
export const MERGE_LIMIT_MS = 2000
/** A candidate that does not learn what became of its swap gives up. */
export const SWAP_LIMIT_MS = 5000
/** Until the config store is asked again after it did not answer. */
export const CONFIG_RETRY_MS = 500
/** Until a candidate that could not merge stands again (T3); those that promised wait G. */
export const WITHDRAW_MS = 4000
/** A handover drains so long at most, and its target has so long to take over. */
export const HANDOVER_MS = 1000
/** Between two offers of a snapshot to a member that did not ask. */
export const OFFER_AGAIN_MS = 5000
/** Between two requests for a snapshot. */
export const WANT_AGAIN_MS = 5000
/** A member whose last entries are not covered yet takes no more of them for so long (I21). */
export const HOLD_ENTRIES_MS = 1000

assert(DROP_AFTER_MS < SEAL_LIMIT_MS, 'a candidate that drops members does so before it gives up')
assert(GRANT_MS > HANDOVER_MS, 'a handover that fails is over before others take over')
