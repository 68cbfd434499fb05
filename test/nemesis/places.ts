/**
 * The six storage nodes of a run and their addresses.
 *
 * A storage node has an address in a network namespace of its own, and an alias in the one of the
 * machine: others are told the alias, where the proxy listens, and what the proxy passes on comes
 * from the alias of whoever sent it. So the namespace of each can tell the others apart.
 *
 * @module
 */

const ZONES = ['a', 'b', 'c']
const NODES_PER_ZONE = 2
const FIRST_HOST = 10
const FIRST_ALIAS = 110

export const HTTP_PORT = 9000
export const ADMIN_PORT = 9001
export const PEER_PORT = 9101
export const BEACON_PORT = 9102

/** One storage node's. */
export interface Place {
  readonly name: string
  readonly zone: string
  /** Of the storage node, in its namespace. */
  readonly address: string
  /** Where others reach it: the proxy's. */
  readonly alias: string
}

/** Two storage nodes in each of three zones, in the network `10.213.{slot}.0/24`. */
export function placesIn(slot: number): Place[] {
  return ZONES.flatMap((zone, at) => {
    return Array.from({ length: NODES_PER_ZONE }, (_, second) => {
      const host = at * NODES_PER_ZONE + second
      return {
        ...{ name: `zone-${zone}-${second + 1}`, zone },
        address: addressIn(slot, FIRST_HOST + host),
        alias: addressIn(slot, FIRST_ALIAS + host),
      }
    })
  })
}

/** Of the machine itself. */
export function machineAddress(slot: number): string {
  return addressIn(slot, 1)
}

function addressIn(slot: number, host: number): string {
  return `10.213.${slot}.${host}`
}
