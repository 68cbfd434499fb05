/**
 * Addresses and networks of IPv4 and IPv6, as conditions of policies compare them.
 *
 * @module
 */

import { isIPv4, isIPv6 } from 'node:net'

/** An address; one of IPv4 that was mapped into IPv6 is one of IPv4 again. */
export type IpAddress =
  { readonly family: 4; readonly bits: number } | { readonly family: 6; readonly bits: bigint }

/** The addresses that begin with the same bits. */
export interface IpNetwork {
  readonly address: IpAddress
  readonly prefixLength: number
}

const BITS = { 4: 32, 6: 128 } as const
const MAPPED = 0xffffn

/** Returns undefined for what is no address. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { family: 4, bits: bitsOfV4(text) }
  if (!isIPv6(text)) return undefined
  const bits = bitsOfV6(text.replace(/%.*$/, ''))
  return bits >> 32n === MAPPED
    ? { family: 4, bits: Number(bits & 0xffff_ffffn) }
    : { family: 6, bits }
}

/** Reads `10.0.0.0/8`, or an address alone. Returns undefined for what is neither. */
export function parseIpNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/')
  const address = parseIpAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) return undefined
  const bitCount = BITS[address.family]
  if (slash < 0) return { address, prefixLength: bitCount }
  const prefix = text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bitCount) return undefined
  return { address, prefixLength: Number(prefix) }
}

/** Prepares networks: whether an address is in one of them. The bits behind a prefix do not matter. */
export function compileNetworks(networks: readonly IpNetwork[]): (candidate: IpAddress) => boolean {
  // Pairs of mask and bits.
  const masked: number[] = []
  for (const { address, prefixLength } of networks) {
    if (address.family !== 4) continue
    // A shift by 32 would be one by 0.
    const mask = prefixLength === 0 ? 0 : -1 << (32 - prefixLength)
    masked.push(mask, address.bits & mask)
  }
  const pairs = Int32Array.from(masked)
  return (candidate) => {
    if (candidate.family === 6) return networks.some((network) => isInV6(candidate.bits, network))
    for (let at = 0; at < pairs.length; at += 2) {
      if ((candidate.bits & (pairs[at] ?? 0)) === pairs[at + 1]) return true
    }
    return false
  }
}

function isInV6(bits: bigint, { address, prefixLength }: IpNetwork): boolean {
  return address.family === 6 && (bits ^ address.bits) >> BigInt(128 - prefixLength) === 0n
}

function bitsOfV4(text: string): number {
  return text.split('.').reduce((bits, octet) => ((bits << 8) | Number(octet)) >>> 0, 0)
}

function bitsOfV6(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const first = groupsOf(head)
  const last = tail === undefined ? [] : groupsOf(tail)
  const zeros = new Array<number>(8 - first.length - last.length).fill(0)
  return [...first, ...zeros, ...last].reduce((bits, group) => (bits << 16n) | BigInt(group), 0n)
}

/** Groups of 16 bits; an address of IPv4 at the end is two of them. */
function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const bits = bitsOfV4(group)
    return [bits >>> 16, bits & 0xffff]
  })
}
