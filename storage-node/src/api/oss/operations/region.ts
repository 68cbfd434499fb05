/**
 * DescribeRegions (oss.md 1.1). A region knows of itself only.
 *
 * @module
 */

import { OssError } from '../../../model/errors.ts'
import { writeRegionInfoList } from '../../../wire/oss/documents/region-info-list.ts'
import { locationOf } from '../../../wire/oss/documents/region-names.ts'
import { queryValue } from '../../../wire/oss/request-head.ts'
import type { ServiceOperation } from '../../operation.ts'
import { xmlResponse } from '../../xml-response.ts'

export const describeRegions: ServiceOperation = {
  name: 'DescribeRegions',
  resource: 'service',
  permission: 'oss:DescribeRegions',
  metering: 'get',
  handle({ http: { query } }, { region }) {
    const asked = queryValue(query, 'regions') ?? ''
    if (asked !== '' && asked !== locationOf(region.region)) {
      const details = [{ name: 'Region', value: asked }]
      return Promise.reject(new OssError('NoSuchRegion', { details }))
    }
    return Promise.resolve(xmlResponse(writeRegionInfoList([region])))
  },
}
