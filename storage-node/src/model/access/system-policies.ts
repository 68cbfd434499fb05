/**
 * Policies that are there without anybody writing them (oss.md 2.7).
 *
 * @module
 */

import type { PolicyDocument } from './policy.ts'

const SYSTEM_POLICIES: Readonly<Record<string, PolicyDocument>> = {
  AliyunOSSFullAccess: allowing('oss:*'),
  AliyunOSSReadOnlyAccess: allowing('oss:Get*', 'oss:List*'),
  AliyunSTSAssumeRoleAccess: allowing('sts:AssumeRole'),
}

/** Returns undefined for a name that no policy has. */
export function findSystemPolicy(name: string): PolicyDocument | undefined {
  return Object.hasOwn(SYSTEM_POLICIES, name) ? SYSTEM_POLICIES[name] : undefined
}

function allowing(...actions: readonly string[]): PolicyDocument {
  return {
    statements: [
      {
        effect: 'Allow',
        actions: { isNegated: false, patterns: actions },
        resources: ['*'],
        principals: undefined,
        conditions: [],
      },
    ],
  }
}
