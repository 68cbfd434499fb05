import { requestOf, servicesOf } from '../operation-fixtures.ts'
import { describeRegions } from './region.ts'

describe('DescribeRegions', () => {
  const describedBy = (query: string) =>
    describeRegions.handle(requestOf({ query }), servicesOf({}))

  test.each(['regions', 'regions=', 'regions=oss-cn-hangzhou'])(
    '%s: this region',
    async (query) => {
      expect((await describedBy(query)).body).toContain(
        '<RegionInfoList><RegionInfo><Region>oss-cn-hangzhou</Region>' +
          '<InternetEndpoint>oss-cn-hangzhou.localhost:9000</InternetEndpoint>' +
          '<InternalEndpoint>oss-cn-hangzhou-internal.localhost:9000</InternalEndpoint>' +
          '</RegionInfo></RegionInfoList>',
      )
    },
  )

  test.each(['regions=cn-hangzhou', 'regions=oss-cn-chengdu', 'regions=aaa'])(
    '%s: no region of ours',
    async (query) => {
      await expect(describedBy(query)).rejects.toMatchObject({ code: 'NoSuchRegion' })
    },
  )
})
