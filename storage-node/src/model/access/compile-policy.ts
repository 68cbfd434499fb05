/**
 * A policy, prepared once so that judging a request costs little.
 *
 * Most statements of a long policy are about somebody else or about other operations: those that are
 * about an identity and an action are picked when these come for the first time. What tells the rest
 * apart, the path of the resource, is compared first.
 *
 * @module
 */

import { compileCondition } from './condition.ts'
import type { ConditionMatcher } from './condition.ts'
import { readsObject } from './condition-keys.ts'
import type { Identity } from './identity.ts'
import { isPublicStatement } from './is-public.ts'
import type { PatternList, PolicyCondition, PolicyDocument, PolicyStatement } from './policy.ts'
import { compilePrincipals } from './principal.ts'
import type { RequestContext } from './request-context.ts'
import type { ResourceMatcher, ResourceName } from './resource-name.ts'
import { compileResources } from './resource-name.ts'
import { compileWildcards } from './wildcard.ts'

/** What a policy is asked. */
export interface PolicyQuestion {
  readonly identity: Identity
  /** `oss:GetObject`. */
  readonly action: string
  readonly resource: ResourceName
  readonly context: RequestContext
}

/** A deny beats every allow. `silent`: the policy is about something else. */
export type Verdict = 'allow' | 'deny' | 'silent'

export interface CompiledPolicy {
  /** Some condition is about the tags of the object that is there. */
  readonly readsObject: boolean
  /** Gives something to everybody. */
  readonly isPublic: boolean
  /** `withoutPublic`: what it gives to everybody does not count. */
  judge(question: PolicyQuestion, withoutPublic?: boolean): Verdict
}

/** Prepares a policy in which nothing is wrong. */
export function compilePolicy({ statements }: PolicyDocument): CompiledPolicy {
  const shared = new SharedMatchers()
  const compiled = statements.map((statement) => compileStatement(statement, shared))
  const ofIdentities = new WeakMap<Identity, Map<string, Statements>>()
  const statementsFor = (identity: Identity, action: string): Statements => {
    let ofActions = ofIdentities.get(identity)
    if (ofActions === undefined) ofIdentities.set(identity, (ofActions = new Map()))
    let picked = ofActions.get(action)
    // There are as many actions as operations: the map stays small.
    if (picked === undefined) ofActions.set(action, (picked = pick(compiled, identity, action)))
    return picked
  }
  return {
    readsObject: statements.some(({ conditions }) =>
      conditions.some(({ key }) => readsObject(key)),
    ),
    isPublic: statements.some(isPublicStatement),
    judge(question, withoutPublic = false) {
      const { denying, allowing } = statementsFor(question.identity, question.action)
      for (const statement of denying) if (isAbout(statement, question)) return 'deny'
      for (const statement of allowing) {
        if (withoutPublic && statement.isPublic) continue
        if (isAbout(statement, question)) return 'allow'
      }
      return 'silent'
    },
  }
}

interface CompiledStatement {
  readonly isAllow: boolean
  readonly isPublic: boolean
  readonly isAction: (action: string) => boolean
  readonly isResource: (resource: ResourceName) => boolean
  readonly isPrincipal: (identity: Identity) => boolean
  readonly conditions: readonly ConditionMatcher[]
}

/** Those that are about an identity and an action. */
interface Statements {
  readonly denying: readonly CompiledStatement[]
  readonly allowing: readonly CompiledStatement[]
}

function compileStatement(statement: PolicyStatement, shared: SharedMatchers): CompiledStatement {
  return {
    isAllow: statement.effect === 'Allow',
    isPublic: isPublicStatement(statement),
    isAction: compileActions(statement.actions),
    isResource: shared.resources(statement.resources),
    isPrincipal: compilePrincipals(statement.principals),
    conditions: statement.conditions.map((condition) => shared.condition(condition)),
  }
}

/** What several statements say alike is prepared once, and compared once for each request. */
class SharedMatchers {
  readonly #resources = new Map<string, ResourceMatcher>()
  readonly #conditions = new Map<string, ConditionMatcher>()

  resources(resources: readonly string[]): ResourceMatcher {
    return shareBy(this.#resources, JSON.stringify(resources), () => compileResources(resources))
  }

  condition(condition: PolicyCondition): ConditionMatcher {
    return shareBy(this.#conditions, JSON.stringify(condition), () => compileCondition(condition))
  }
}

function shareBy<T extends object>(
  matchers: Map<string, (value: T) => boolean>,
  text: string,
  compile: () => (value: T) => boolean,
): (value: T) => boolean {
  const known = matchers.get(text)
  if (known !== undefined) return known
  const matcher = remembering(compile())
  matchers.set(text, matcher)
  return matcher
}

/** A request asks with the same value for all statements, one behind the other. */
function remembering<T extends object>(matches: (value: T) => boolean): (value: T) => boolean {
  let last: T | undefined
  let result = false
  return (value) => {
    if (value !== last) {
      result = matches(value)
      last = value
    }
    return result
  }
}

/** Clients do not agree on the case of names such as PutBucketAcl. */
function compileActions({ isNegated, patterns }: PatternList): (action: string) => boolean {
  const isOne = compileWildcards(patterns.map((pattern) => pattern.toLowerCase()))
  return (action) => isOne(action.toLowerCase()) !== isNegated
}

function pick(
  statements: readonly CompiledStatement[],
  identity: Identity,
  action: string,
): Statements {
  const about = statements.filter(
    ({ isAction, isPrincipal }) => isAction(action) && isPrincipal(identity),
  )
  return {
    denying: about.filter(({ isAllow }) => !isAllow),
    allowing: about.filter(({ isAllow }) => isAllow),
  }
}

function isAbout(
  { isResource, conditions }: CompiledStatement,
  { resource, context }: PolicyQuestion,
): boolean {
  if (!isResource(resource)) return false
  for (const holds of conditions) if (!holds(context)) return false
  return true
}
