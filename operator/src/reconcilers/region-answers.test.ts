import { ManualClock } from '@granary/storage-node/base/manual-clock'
import type { ReconcilerParts, RegionConnection } from './parts.ts'
import { askPods } from './region-answers.ts'
import type { RegionView } from './region-view.ts'

test('a storage node that is not ready and does not answer holds nothing up', async () => {
  const clock = new ManualClock(0)
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'eu-a-0' }, status: {} }
  const getStatus = () => new Promise<never>(() => {})
  const asked = askPods(
    { clock } as Partial<ReconcilerParts> as ReconcilerParts,
    { pods: [pod] } as Partial<RegionView> as RegionView,
    { getStatus } as Partial<RegionConnection> as RegionConnection,
  )
  clock.advance(2_000)
  expect(await asked).toEqual({ statuses: new Map(), told: [], clocks: [] })
})
