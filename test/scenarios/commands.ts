/**
 * The commands of scenarios: what a line means.
 *
 * @module
 */

import { crashMoments, Stage } from './stage.ts'
import type { CrashMoment, MessageRule } from './stage.ts'

const MESSAGE_DELAY_MS = 2

/** Carries out one line; `partition` makes the stage that the others need. */
export function runCommand(line: string, stage: Stage | undefined): Stage {
  const [verb = '', ...words] = line.trim().split(/\s+/)
  if (verb === 'partition') return openStage(words)
  if (stage === undefined) throw new Error(`"${line}" must come after partition`)
  const run = commands[verb]
  if (run === undefined) throw new Error(`There must be a command "${verb}"`)
  run(stage, words)
  return stage
}

type Command = (stage: Stage, words: readonly string[]) => void

const commands: Readonly<Record<string, Command>> = {
  elapse: (stage, [duration]) => stage.elapse(milliseconds(duration)),
  write: (stage, [name]) => stage.write(name),
  read: (stage, names) => names.forEach((name) => stage.read(name)),
  show: (stage) => stage.show(),
  cut: runCut,
  heal: (stage) => stage.heal(),
  lose: (stage, words) => stage.rule(ruleOf(words, [])),
  duplicate: (stage, words) => stage.rule(ruleOf(words, [MESSAGE_DELAY_MS, 40])),
  delay: (stage, words) => stage.rule(ruleOf(words, [milliseconds(words[2])])),
  crash: runCrash,
  restart: (stage, names) => names.forEach((name) => stage.restart(name)),
  pause: (stage, [name = '', duration]) => stage.pause(name, milliseconds(duration), 'process'),
  slow: (stage, [name = '', duration]) => stage.pause(name, milliseconds(duration), 'loop'),
  'lose-volume': (stage, [name = '']) => stage.haunt(name),
  handover: (stage, [from = '', to = '']) => stage.handOver(from, to),
  damage: (stage, [name = '']) => stage.damage(name),
  checkpoint: (stage, names) => names.forEach((name) => stage.flush(name)),
  'config-store': (stage, [word]) => stage.setConfigStore(word === 'down'),
  'lose-swap': (stage) => stage.decideSwap({ happensAfterMs: undefined, isAnswered: false }),
  'lose-answer': (stage) => stage.decideSwap({ happensAfterMs: 10, isAnswered: false }),
  'late-swap': (stage, [duration]) =>
    stage.decideSwap({ happensAfterMs: milliseconds(duration), isAnswered: false }),
}

/** `partition members=a,b,c [zones=…] [quorum=all] [reads=strict] [kernel=one] [rates=…] [new]` */
function openStage(words: readonly string[]): Stage {
  const named = new Map(words.map((word) => word.split('=') as [string, string | undefined]))
  const members = (named.get('members') ?? 'a,b,c').split(',')
  const stage = new Stage({
    zones: named.get('zones')?.split(',') ?? members,
    quorum: named.get('quorum') === 'all' ? 'all' : 'majority',
    reads: named.get('reads') === 'strict' ? 'strict' : 'lease',
    isOneKernel: named.get('kernel') === 'one',
    rates: named.get('rates')?.split(',').map(Number) ?? [],
  })
  if (!named.has('new')) stage.settle()
  return stage
}

/** `cut a` from all, `cut a,b` from the others, `cut a>b` one way. */
function runCut(stage: Stage, [what = '', ...others]: readonly string[]): void {
  const [from = '', to] = what.split('>')
  if (to !== undefined) return stage.cut(from, to)
  const inside = from.split(',')
  for (const name of inside) {
    for (const other of others.flatMap((word) => word.split(','))) {
      stage.cut(name, other)
      stage.cut(other, name)
    }
  }
}

/** `crash a`, or `crash a after prepare`. */
function runCrash(stage: Stage, [name = '', after, moment]: readonly string[]): void {
  if (after === undefined) return stage.crash(name)
  if (!(crashMoments as readonly (string | undefined)[]).includes(moment))
    throw new Error(`A store dies after one of ${crashMoments.join(', ')}, not after "${moment}"`)
  stage.crashAfter(name, moment as CrashMoment)
}

/** `prepare a>b` */
function ruleOf(
  [kind = '', way = '']: readonly string[],
  delaysMs: readonly number[],
): MessageRule {
  const [from = '', to = ''] = way.split('>')
  return { kind, from, to, delaysMs }
}

function milliseconds(text = ''): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? []
  if (amount === undefined) throw new Error(`"${text}" must be a time such as 200ms or 3.5s`)
  return Number(amount) * (unit === 's' ? 1_000 : 1)
}
