/**
 * Policies as JSON texts (oss.md 2.7).
 *
 * What is not understood is refused: a statement of which a part is ignored would open or close
 * something else than its author meant. Two things that the service takes are taken in a bucket policy,
 * and read so that they can only close: a statement without a principal allows nobody and denies
 * everybody; a resource of another owner allows nothing, and what is denied of it is denied of this
 * bucket.
 *
 * @module
 */

import { conditionMistake } from '../../../model/access/condition.ts'
import type {
  ConditionOperator,
  PatternList,
  PolicyCondition,
  PolicyDocument,
  PolicyStatement,
} from '../../../model/access/policy.ts'
import { CONDITION_OPERATORS } from '../../../model/access/policy.ts'
import { PRINCIPAL } from '../../../model/access/principal.ts'
import { parseResource } from '../../../model/access/resource-name.ts'
import { compileWildcard } from '../../../model/access/wildcard.ts'
import { OssError } from '../../../model/errors.ts'

/** The bucket that a bucket policy belongs to. */
export interface PolicyBucket {
  readonly name: string
  readonly owner: string
  /** Bare: `cn-hangzhou`. */
  readonly region: string
}

/** Reads the policy of a bucket. Throws InvalidPolicyDocument, saying what is wrong where. */
export function readBucketPolicy(text: string, bucket: PolicyBucket): PolicyDocument {
  return readDocument(text, bucket)
}

/** Reads a policy of a RAM user, of a role or of a session. Throws InvalidPolicyDocument. */
export function readUserPolicy(text: string): PolicyDocument {
  return readDocument(text, undefined)
}

type JsonObject = Readonly<Record<string, unknown>>

const OPERATORS: ReadonlySet<string> = new Set(CONDITION_OPERATORS)
const BUCKET_ACTION = /^(\*|oss:[A-Za-z*?]+)$/
const ANY_ACTION = /^(\*|[a-z][a-z0-9-]*:[A-Za-z0-9*?]+)$/

function readDocument(text: string, bucket: PolicyBucket | undefined): PolicyDocument {
  const document = objectOf(parseJson(text), 'The policy')
  refuseOthers(document, ['Version', 'Statement'], 'The policy')
  if (document['Version'] !== '1') throw invalid('Version must be "1"')
  const given = document['Statement']
  // A single statement may stand alone.
  const list: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (list.length === 0) throw invalid('Statement must not be empty')
  return {
    statements: list.map((each, at) => readStatement(each, `Statement ${at + 1}`, bucket)),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('The policy must be a JSON document')
  }
}

function readStatement(
  value: unknown,
  where: string,
  bucket: PolicyBucket | undefined,
): PolicyStatement {
  const statement = objectOf(value, where)
  const known = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'Condition']
  if (bucket !== undefined) known.push('Principal', 'NotPrincipal')
  refuseOthers(statement, known, where)
  const effect = statement['Effect']
  if (effect !== 'Allow' && effect !== 'Deny') {
    throw invalid(`Effect of ${where} must be "Allow" or "Deny"`)
  }
  const isAction = bucket === undefined ? ANY_ACTION : BUCKET_ACTION
  return {
    effect,
    actions: readEither(statement, ['Action', 'NotAction'], isAction, where),
    resources: readResources(statement, effect, where, bucket),
    principals: bucket === undefined ? undefined : readPrincipals(statement, effect, where),
    conditions: readConditions(statement['Condition'], where),
  }
}

function readPrincipals(
  statement: JsonObject,
  effect: PolicyStatement['effect'],
  where: string,
): PatternList {
  const names = ['Principal', 'NotPrincipal'] as const
  if (names.some((name) => statement[name] !== undefined)) {
    return readEither(statement, names, PRINCIPAL, where)
  }
  // Nobody, or all but nobody.
  return { isNegated: effect === 'Deny', patterns: [] }
}

/** One of two elements, of which the second says not. */
function readEither(
  statement: JsonObject,
  [name, negated]: readonly [string, string],
  pattern: RegExp,
  where: string,
): PatternList {
  const isNegated = statement[negated] !== undefined
  if (isNegated === (statement[name] !== undefined)) {
    throw invalid(`${where} must have ${name} or ${negated}, and not both`)
  }
  const present = isNegated ? negated : name
  const patterns = texts(statement[present], `${present} of ${where}`)
  const bad = patterns.find((text) => !pattern.test(text))
  if (bad !== undefined) throw invalid(`${present} of ${where} cannot be "${bad}"`)
  return { isNegated, patterns }
}

function readResources(
  statement: JsonObject,
  effect: PolicyStatement['effect'],
  where: string,
  bucket: PolicyBucket | undefined,
): readonly string[] {
  return texts(statement['Resource'], `Resource of ${where}`).map((text) => {
    const resource = parseResource(text)
    if (resource === undefined) {
      throw invalid(
        `Resource of ${where} must be like "acs:oss:*:<uid>:<bucket>/<key>", is "${text}"`,
      )
    }
    if (bucket === undefined) return text
    const isOfBucket =
      compileWildcard(resource.service)('oss') &&
      ['', bucket.region].some(compileWildcard(resource.region.replace(/^oss-/, ''))) &&
      compileWildcard(resource.path.replace(/\/.*$/s, ''))(bucket.name)
    if (!isOfBucket) {
      throw invalid(`Resource of ${where} must be in the bucket ${bucket.name}, is "${text}"`)
    }
    const { service, region, path } = resource
    return effect === 'Deny' ? `acs:${service}:${region}:*:${path}` : text
  })
}

function readConditions(value: unknown, where: string): readonly PolicyCondition[] {
  if (value === undefined) return []
  const block = objectOf(value, `Condition of ${where}`)
  return Object.entries(block).flatMap(([operator, keys]) => {
    if (!OPERATORS.has(operator)) {
      throw invalid(`Condition of ${where} has an operator that is not known: "${operator}"`)
    }
    const pairs = Object.entries(objectOf(keys, `${operator} in Condition of ${where}`))
    return pairs.map(([key, values]) => {
      const name = `"${key}" in Condition of ${where}`
      const condition = {
        operator: operator as ConditionOperator,
        key,
        values: texts(scalarTexts(values), name),
      }
      const mistake = conditionMistake(condition)
      if (mistake !== undefined) throw invalid(`${name} ${mistake}`)
      return condition
    })
  })
}

/** Numbers and flags may be written without quotes. */
function scalarTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(scalarTexts)
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
}

/** A text, or a list of texts that is not empty. */
function texts(value: unknown, where: string): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  const isFine = list.length > 0 && list.every((each) => typeof each === 'string')
  if (!isFine) throw invalid(`${where} must be a text or a list of texts`)
  return list
}

function objectOf(value: unknown, where: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as JsonObject
  }
  throw invalid(`${where} must be a JSON object`)
}

function refuseOthers(value: JsonObject, known: readonly string[], where: string): void {
  const other = Object.keys(value).find((name) => !known.includes(name))
  if (other !== undefined) {
    throw invalid(`${where} has an element that is not known: "${other}"`)
  }
}

function invalid(message: string): OssError {
  return new OssError('InvalidPolicyDocument', { message: `${message}.` })
}
