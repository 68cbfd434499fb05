import settings from '../../jest.config.mjs'

export default {
  ...settings,
  rootDir: '../..',
  roots: ['<rootDir>/test/cluster', '<rootDir>/test/end-to-end'],
  testMatch: ['**/*.cluster.ts'],
  // They share one cluster.
  maxWorkers: 1,
  testTimeout: 300_000,
}
