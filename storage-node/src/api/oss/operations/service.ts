/**
 * ListBuckets (oss.md 1.1).
 *
 * @module
 */

import { invalidArgument } from '../../../model/errors.ts'
import { LIST_BUCKETS_DEFAULT, LIST_BUCKETS_MAX } from '../../../model/limits.ts'
import type { TagFilter } from '../../../services/bucket-service.ts'
import type { QueryPair } from '../../../wire/oss/request-head.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import { writeListBuckets } from '../../../wire/oss/documents/list-buckets.ts'
import type { ServiceOperation } from '../../operation.ts'
import { xmlResponse } from '../../xml-response.ts'
import { integerArgument, textArgument } from '../query-arguments.ts'

export const listBuckets: ServiceOperation = {
  name: 'ListBuckets',
  resource: 'service',
  permission: 'oss:ListBuckets',
  metering: 'put',
  async handle({ http: { query }, account }, { buckets, region }) {
    const options = {
      prefix: textArgument(query, 'prefix'),
      marker: textArgument(query, 'marker'),
      maxKeys: integerArgument(query, 'max-keys', {
        fallback: LIST_BUCKETS_DEFAULT,
        min: 1,
        max: LIST_BUCKETS_MAX,
      }),
      tags: wantedTags(query),
    }
    refuseRegions(query)
    const page = await buckets.list(account, options)
    // Prefix, marker and the like are shown only when paging is in play (oss.md 1.1).
    const isPaged =
      page.isTruncated ||
      ['prefix', 'marker', 'max-keys'].some((name) => queryValue(query, name) !== undefined)
    return xmlResponse(
      writeListBuckets({ owner: account, region, page, paging: isPaged ? options : undefined }),
    )
  },
}

/** Bare, `regionList` asks for the buckets of all regions: this one is all there are. */
function refuseRegions(query: readonly QueryPair[]): void {
  const regions = queryValue(query, 'regionList') ?? ''
  if (regions !== '') throw invalidArgument('regionList', regions, 'regionList has no value.')
}

/** `tag-key` with or without `tag-value`, or any number as `tagging=k:v,k2:v2`. */
function wantedTags(query: readonly QueryPair[]): readonly TagFilter[] {
  const key = queryValue(query, 'tag-key')
  const value = queryValue(query, 'tag-value')
  const list = queryValue(query, 'tagging') ?? ''
  if (value !== undefined && key === undefined) {
    throw invalidArgument('tag-value', value, 'tag-value needs tag-key.')
  }
  const listed = list === '' ? [] : list.split(',').map(listedTag)
  return key === undefined ? listed : [{ key, value }, ...listed]
}

/** Either side may be in quotes, which some clients write. */
function listedTag(text: string): TagFilter {
  const [, key = '', value] = /^"?([^":]*)"?(?::"?([^"]*)"?)?$/.exec(text) ?? []
  if (key !== '') return { key, value }
  throw invalidArgument('tagging', text, 'tagging must list tags as key:value.')
}
