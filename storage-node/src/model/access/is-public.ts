/**
 * Whether a bucket policy gives something to everybody (PolicyStatus, and what a public access block
 * takes away).
 *
 * @module
 */

import { parseIpNetwork } from './ip-network.ts'
import type { PolicyCondition, PolicyDocument, PolicyStatement } from './policy.ts'
import { isEverybody } from './principal.ts'

/** Networks with shorter prefixes are so large that they keep nobody out. */
const PREFIX_LENGTH_MIN = { 4: 8, 6: 32 } as const

export function isPublicPolicy({ statements }: PolicyDocument): boolean {
  return statements.some(isPublicStatement)
}

/** It allows, is about everybody, and no condition says where they must come from. */
export function isPublicStatement({ effect, principals, conditions }: PolicyStatement): boolean {
  if (effect !== 'Allow' || principals === undefined) return false
  // All but some are everybody else.
  const isForAll = principals.isNegated || principals.patterns.some(isEverybody)
  return isForAll && !conditions.some(isRestricting)
}

function isRestricting({ operator, key, values }: PolicyCondition): boolean {
  switch (key.toLowerCase()) {
    case 'acs:sourceip':
      return operator === 'IpAddress' && values.every(isNarrow)
    case 'acs:sourcevpc':
    case 'acs:accessid':
      return (
        /^StringEquals/.test(operator) ||
        (operator === 'StringLike' && values.every((value) => !/[*?]/.test(value)))
      )
    default:
      return false
  }
}

function isNarrow(value: string): boolean {
  const network = parseIpNetwork(value)
  return network !== undefined && network.prefixLength >= PREFIX_LENGTH_MIN[network.address.family]
}
