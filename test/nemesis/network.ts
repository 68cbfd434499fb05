/**
 * The network of a run: a namespace for each storage node, a bridge between them in the namespace
 * of the machine, and rules that lose packets.
 *
 * Runs beside each other have numbers of their own, which are part of all names and addresses. The
 * bridge is what claims a number, and names the process that did; what a run left behind that was
 * killed is removed by the next one that wants the number.
 *
 * @module
 */

import { run } from './commands.ts'
import { machineAddress, placesIn } from './places.ts'
import type { Place } from './places.ts'

const SLOT_COUNT = 64
/** The kernel allows 15 characters. */
const BRIDGE_PREFIX = 'granary-nem'

/** What happens to packets from one storage node to another. */
export interface Loss {
  readonly from: Place
  readonly to: Place
  /** 100: nothing arrives. */
  readonly percent: number
}

export class Network {
  readonly places: readonly Place[]
  readonly #slot: number

  private constructor(slot: number) {
    this.#slot = slot
    this.places = placesIn(slot)
  }

  /** Makes one that collides with no other. */
  static async make(): Promise<Network> {
    const network = new Network(await claimSlot())
    try {
      await network.#build()
      return network
    } catch (error) {
      await network.remove()
      throw error
    }
  }

  /** Words before a command that runs it where the storage node is. */
  enter({ name }: Place): string[] {
    return ['netns', 'exec', namespaceOf(this.#slot, name)]
  }

  /** Loses what is listed and nothing else. */
  async lose(losses: readonly Loss[]): Promise<void> {
    await Promise.all(
      this.places.map((place) => {
        return run('ip', [...this.enter(place), 'nft', '-f', '-'], rulesOf(place, losses))
      }),
    )
  }

  async remove(): Promise<void> {
    await removeSlot(this.#slot)
  }

  async #build(): Promise<void> {
    const slot = this.#slot
    const bridge = bridgeOf(slot)
    await run('ip', ['addr', 'add', `${machineAddress(slot)}/24`, 'dev', bridge])
    for (const { alias } of this.places) {
      await run('ip', ['addr', 'add', `${alias}/24`, 'dev', bridge])
    }
    await run('ip', ['link', 'set', bridge, 'up'])
    for (const [at, place] of this.places.entries()) {
      const [outer, inner] = [`gr-nem${slot}-${at}`, 'eth0']
      const namespace = namespaceOf(slot, place.name)
      await run('ip', ['netns', 'add', namespace])
      const peer = ['peer', 'name', inner, 'netns', namespace]
      await run('ip', ['link', 'add', outer, 'type', 'veth', ...peer])
      await run('ip', ['link', 'set', outer, 'master', bridge, 'up'])
      const within = ['-n', namespace]
      await run('ip', [...within, 'addr', 'add', `${place.address}/24`, 'dev', inner])
      await run('ip', [...within, 'link', 'set', inner, 'up'])
      await run('ip', [...within, 'link', 'set', 'lo', 'up'])
    }
  }
}

/** What a storage node's namespace is told: all of it anew, whatever it was told before. */
function rulesOf(place: Place, losses: readonly Loss[]): string {
  const arriving = losses
    .filter(({ to }) => to === place)
    .map(({ from, percent }) => `ip saddr ${from.alias} ${drop(percent)}`)
  // Of what is lost wholly, answers of the kernel must not get through either.
  const leaving = losses
    .filter(({ from, percent }) => from === place && percent >= 100)
    .map(({ to }) => `ip daddr ${to.alias} drop`)
  return [
    'flush ruleset',
    'table ip nemesis {',
    `chain arriving { type filter hook input priority 0; ${arriving.join('; ')}; }`,
    `chain leaving { type filter hook output priority 0; ${leaving.join('; ')}; }`,
    '}\n',
  ].join('\n')
}

function drop(percent: number): string {
  return percent >= 100 ? 'drop' : `numgen random mod 100 < ${percent} drop`
}

async function claimSlot(): Promise<number> {
  for (let slot = 0; slot < SLOT_COUNT; slot++) {
    if (await claim(slot)) return slot
    if (!(await isAbandoned(slot))) continue
    await removeSlot(slot)
    if (await claim(slot)) return slot
  }
  throw new Error(`${SLOT_COUNT} networks exist already`)
}

/** Of two that try, the kernel lets one make it. */
async function claim(slot: number): Promise<boolean> {
  const bridge = bridgeOf(slot)
  try {
    await run('ip', ['link', 'add', bridge, 'type', 'bridge'])
  } catch (error) {
    if (String(error).includes('File exists')) return false
    throw error
  }
  await run('ip', ['link', 'set', bridge, 'alias', String(process.pid)])
  return true
}

async function isAbandoned(slot: number): Promise<boolean> {
  const shown = await run('ip', ['-j', 'link', 'show', bridgeOf(slot)]).catch(() => '[]')
  const [link] = JSON.parse(shown) as { readonly ifalias?: string }[]
  const pid = Number(link?.ifalias ?? Number.NaN)
  if (!Number.isInteger(pid)) return false
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

/** With a namespace go its interfaces and their other ends. */
async function removeSlot(slot: number): Promise<void> {
  for (const { name } of placesIn(slot)) {
    await run('ip', ['netns', 'del', namespaceOf(slot, name)]).catch(() => undefined)
  }
  await run('ip', ['link', 'del', bridgeOf(slot)]).catch(() => undefined)
}

function bridgeOf(slot: number): string {
  return `${BRIDGE_PREFIX}${slot}`
}

function namespaceOf(slot: number, name: string): string {
  return `granary-nemesis-${slot}-${name}`
}
