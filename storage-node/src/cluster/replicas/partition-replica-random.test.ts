import { Dice, seededRandom } from '../../base/seeded-random.ts'
import type { PartitionId } from '../../contract/identifiers.ts'
import type { ObjectKey } from '../../model/identifiers.ts'
import { executeAt, expectSameRows, putCommand, TEST_BUCKET } from './partition-replica-fixtures.ts'
import { ReplicaWorld } from './partition-replica-fixtures.ts'

const P = 1 as PartitionId
const KEY_COUNT = 5
const ROUND_COUNT = 30
const SEEDS = Array.from({ length: 6 }, (_, seed) => seed + 1)

/** One client's key: what it may hold, as far as the client knows. */
class KeyClient {
  readonly key: string
  readonly #world: ReplicaWorld
  /** Values that a read may show; undefined: no object. */
  #possible: (string | undefined)[] = [undefined]
  #number = 0
  doneCount = 0

  constructor(world: ReplicaWorld, key: string) {
    this.#world = world
    this.key = key
  }

  /** Tries for a while, as a gateway does, with one opId; afterwards nobody knows. */
  async put(): Promise<void> {
    const text = `${this.key}/${++this.#number}/`.padEnd(this.#number % 3 === 0 ? 3000 : 20, '.')
    const opId = this.#world.newOpId()
    for (let tries = 0; tries < 60; tries++) {
      const replica = this.#world.primary()?.replica(P)
      const command = putCommand(this.key, text)
      const reply = replica && (await executeAt(replica, opId, command))
      if (reply?.kind === 'done') {
        this.#possible = [text]
        this.doneCount++
        return
      }
      this.#possible = [...new Set([...this.#possible, text])]
      await this.#world.sleep(80)
    }
  }

  async get(): Promise<void> {
    const replica = this.#world.primary()?.replica(P)
    const before = this.#possible
    const key = this.key as ObjectKey
    const query = {
      kind: 'object',
      bucketId: TEST_BUCKET,
      key,
      versionId: undefined,
      withBody: true,
    } as const
    const reply = await replica?.ask(query)
    if (reply?.kind !== 'done') return
    const inline = reply.value?.inline
    const text = inline && Buffer.from(inline).toString()
    expect(before).toContain(text)
    this.#possible = [text]
  }
}

function pickOf<T>(items: readonly T[], dice: Dice): T {
  const item = items[dice.below(items.length)]
  if (item === undefined) throw new Error('There is none')
  return item
}

/** Kills, cuts power and starts again; one store at most is without its newest state at a time. */
async function disturb(world: ReplicaWorld, dice: Dice): Promise<void> {
  const down = world.machines.filter(({ isUp }) => !isUp)
  const machine = pickOf(world.machines, dice)
  if (down.length > 0 && dice.chance(0.7)) {
    await world.restart(pickOf(down, dice).name)
  } else if (machine.isUp) {
    if (dice.chance(0.4)) void machine.process.replicas.checkpoint()
    await world.pass(dice.below(30))
    if (!machine.isUp) return
    if (dice.chance(0.5)) machine.crash()
    else machine.kill()
    const hasLostRows = down.length === 0 && dice.chance(0.2)
    if (hasLostRows) machine.loseRows()
    // A member without rows is of no use to the others until it has new ones.
    if (hasLostRows) await world.restart(machine.name)
  }
}

test.each(SEEDS)(
  'whatever dies and returns, what is acknowledged stays (seed %i)',
  async (seed) => {
    const dice = new Dice(seededRandom(seed))
    const isOneKernel = dice.chance(0.5)
    const reads = dice.chance(0.3) ? 'strict' : 'lease'
    const sizes = dice.chance(0.5) ? { journalFileSizeBytes: 16 * 1024, capacityBytes: 6e6 } : {}
    const world = await ReplicaWorld.open({ seed, ...sizes, settings: { isOneKernel, reads } })
    const clients = Array.from({ length: KEY_COUNT }, (_, at) => new KeyClient(world, `key-${at}`))
    let isOver = false
    const working = clients.map(async (client) => {
      while (!isOver) {
        if (dice.chance(0.6)) await client.put()
        else await client.get()
        await world.sleep(dice.below(400))
      }
    })
    for (let round = 0; round < ROUND_COUNT; round++) {
      await world.pass(dice.pick([20, 200, 1500, 6000]))
      await disturb(world, dice)
    }
    for (const machine of world.machines) if (!machine.isUp) await world.restart(machine.name)
    await world.until('there is a primary', () => world.primary() !== undefined, 60_000)
    isOver = true
    await world.finish(Promise.all(working))
    for (const client of clients) await world.finish(client.get())
    await expectSameRows(world)
    expect(world.machines.flatMap(({ failures }) => failures)).toEqual([])
    expect(Math.min(...clients.map(({ doneCount }) => doneCount))).toBeGreaterThan(5)
  },
)
