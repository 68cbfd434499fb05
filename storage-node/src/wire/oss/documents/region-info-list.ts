/**
 * `RegionInfoList`: the answer to DescribeRegions (oss.md 1.1).
 *
 * Nothing is accelerated here: `AccelerateEndpoint` is not shown, for a client might dial it.
 *
 * @module
 */

import { xmlDocument, xmlElement, xmlGroup } from '../../xml-writer.ts'
import { locationOf, type RegionNames } from './region-names.ts'

export function writeRegionInfoList(regions: readonly RegionNames[]): string {
  return xmlDocument('RegionInfoList', regions.map(writeRegion).join(''))
}

function writeRegion({ region, extranetEndpoint, intranetEndpoint }: RegionNames): string {
  return xmlGroup(
    'RegionInfo',
    xmlElement('Region', locationOf(region)) +
      xmlElement('InternetEndpoint', extranetEndpoint) +
      xmlElement('InternalEndpoint', intranetEndpoint),
  )
}
