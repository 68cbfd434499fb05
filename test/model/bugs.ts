/**
 * The bugs that are planted in the model: for each, the rule that it breaks.
 *
 * The model is test code, so they are switches here; in the product a planted bug is a patch.
 *
 * @module
 */

export const bugs = {
  sealone: 'MP1: any member may take over, whoever else answers',
  nojoint: 'MP2: joint mode asks the old members only',
  nojointwait: 'MP3: the proposal is sent before the new members have what is committed',
  fig8: 'MP4: entries of earlier ballots commit by their number of copies',
  readearly: 'MP5: a primary reads before it is active',
  losepromise: 'MP6: a crash forgets promises',
  nosealpersist: 'MP7: a member that seals promises nothing',
  forgetgrant: 'MP8: a start forgets the grants that were given',
  sealgrant: 'MP9: a member seals although its grant to another store lives',
  nostepdown: 'MP10: a primary that consents to a seal goes on',
  nomerge: 'MP11: a candidate keeps its own log',
  noinc: 'MP12: a primary resumes under the ballot that it had',
  noepochcheck: 'MP13: members accept entries of any ballot',
  trunc: 'MP14: a short late duplicate truncates the log',
  volatileproposal: 'MP15: a proposal is forgotten in a crash',
  dropnosync: 'MP31: a takeover drops members before the others have the merged log',
  latejoint: 'MP32: resume goes back to joint mode after its first commit',
  matched: 'MP33: what is heard of commits counts beyond what is matched',
  applyunsynced: 'MD13: entries are applied before they are synced in the own journal',
  replayall: 'MP42: a start replays its log to the end',
} as const

export type Bug = keyof typeof bugs
export const bugNames = Object.keys(bugs) as Bug[]
