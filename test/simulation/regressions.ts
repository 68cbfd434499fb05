/**
 * Seeds that once showed a mistake, with a word about it; they are run with every gate.
 *
 * A seed says the same only as long as the code draws the same numbers in the same order: it is
 * a chance to see the mistake again, the named test of its fix is the proof.
 *
 * @module
 */

export const REGRESSION_SEEDS: readonly number[] = [
  // The frame of a snapshot, or the answer to it, got lost: the receiver refused every later one.
  5000062, 5000097, 6000156,
  // The system range is only read in the end: no bucket can be made to prove writes elsewhere.
  5000210, 6000080,
  // A command that waited 30 s for its quorum was forgotten when it took effect, and executed again.
  5000123,
  5000181,
  // A lone store could not read its journal once, and waited for the snapshot of somebody else.
  7200057, 7200272,
  // One of two that live could not read its journal once, and waited for the third's acknowledgements.
  7400231,
  // A primary could not become active without a member that only an active one sent a snapshot.
  8100943,
  // An old word that a member lacks its rows came after the snapshot, and ended all probing of it.
  505818444,
  // A prepare whose entries took long to read was sent under a ballot that a promise had overtaken.
  20001134,
  // The only store of a region had just ended when everything was to be read in the end.
  20000513,
  // An answer for what is committed came when one of its holders had been dropped.
  30000660,
  // The journal's last group rotted before the watermark named it: nobody can tell it from a torn tail.
  151070292,
  // A process at work read an entry that had rotted, to apply it and to send it, and ended.
  42471590, 42471713,
  // Power that was to be cut in the midst of writing was cut after everything had healed.
  6171,
  // A journal file rotted whose name was not durable: a start took it for one that was never finished.
  149240743,
]
