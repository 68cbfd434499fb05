/**
 * CORS rules as the operator writes them: a list of objects. Each is held to what the document of the REST
 * API may say, by being written and read as one.
 *
 * @module
 */

import type { CorsConfiguration, CorsMethod, CorsRule } from '../model/cors.ts'
import {
  readCorsConfiguration,
  writeCorsConfiguration,
} from '../wire/oss/documents/cors-configuration.ts'
import type { Fields } from './fields.ts'
import { isObject } from './fields.ts'

const LISTS = ['allowedOrigins', 'allowedMethods', 'allowedHeaders', 'exposeHeaders'] as const
const RULE_FIELDS: readonly string[] = [...LISTS, 'maxAgeSeconds']
/** Far more than anybody needs, and not worth a long look. */
const TEXT_COUNT_MAX = 100

/** Undefined: they are not managed. An empty list: there are to be none. Throws as PutBucketCors does. */
export function readCorsRules(fields: Fields): CorsConfiguration | undefined {
  const given = fields.optional('cors')
  if (given === undefined) return undefined
  if (!Array.isArray(given)) {
    fields.tell('cors must be null or a list of rules')
    return undefined
  }
  const rules: CorsRule[] = []
  for (const [at, json] of given.entries()) {
    const rule = ruleOf(json)
    if (rule !== undefined) rules.push(rule)
    else fields.tell(`Rule ${at + 1} of cors must have lists of texts, and a number maxAgeSeconds`)
  }
  const configuration = { rules, responseVary: false }
  if (given.length === 0 || rules.length < given.length) return configuration
  return readCorsConfiguration(Buffer.from(writeCorsConfiguration(configuration)))
}

function ruleOf(json: unknown): CorsRule | undefined {
  if (!isObject(json)) return undefined
  if (Object.keys(json).some((name) => !RULE_FIELDS.includes(name))) return undefined
  const maxAgeSeconds = json['maxAgeSeconds'] ?? undefined
  const lists = LISTS.map((name) => json[name] ?? [])
  if (!lists.every(isTexts) || !isCount(maxAgeSeconds)) return undefined
  const [allowedOrigins = [], allowedMethods = [], allowedHeaders = [], exposeHeaders = []] = lists
  return {
    ...{ allowedOrigins, allowedMethods: allowedMethods as CorsMethod[] },
    ...{ allowedHeaders, exposeHeaders, maxAgeSeconds },
  }
}

function isTexts(value: unknown): value is string[] {
  const isList = Array.isArray(value) && value.length <= TEXT_COUNT_MAX
  return isList && value.every((text) => typeof text === 'string')
}

function isCount(value: unknown): value is number | undefined {
  return value === undefined || (Number.isSafeInteger(value) && Number(value) >= 0)
}
