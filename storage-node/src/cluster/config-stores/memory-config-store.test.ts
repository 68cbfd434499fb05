import { describeConfigStore } from './config-store.compliance.ts'
import { MemoryConfigStore } from './memory-config-store.ts'

describeConfigStore('in memory', async () => {
  const store = new MemoryConfigStore()
  return {
    founder: store,
    stores: [store, store],
    lose: async (partition) => store.remove(partition),
    close: async () => {},
  }
})
