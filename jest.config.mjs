/**
 * Words of the language and of Node that no test replaces. Every other look at a global inside of jest's
 * sandbox goes through the sandbox, and costs a hundred multiplications. `Buffer`, `Error` and `process`
 * are not among them: packages declare them anew.
 */
const LANGUAGE = [
  ...['Array', 'ArrayBuffer', 'BigInt', 'Boolean', 'DataView', 'Float64Array', 'JSON'],
  ...['Map', 'Math', 'Number', 'Object', 'Promise', 'Reflect', 'RegExp', 'Set', 'String', 'Symbol'],
  ...['Uint32Array', 'Uint8Array', 'WeakMap', 'WeakSet'],
  ...['AbortController', 'AbortSignal'],
]

export default {
  roots: ['<rootDir>/operator/src', '<rootDir>/storage-node/src', '<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  maxWorkers: 2,
  testSequencer: '<rootDir>/test/support/longest-first.mjs',
  testTimeout: 60_000,
  sandboxInjectedGlobals: LANGUAGE,
  transform: {
    // It has a Boolean and a Set of its own.
    '/node_modules/asn1js/': '<rootDir>/test/support/in-a-block.mjs',
    '\\.[jt]s$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } },
    ],
  },
  // The first is published as ES modules only, the other one see above.
  transformIgnorePatterns: ['/node_modules/(?!(mime|asn1js)/)'],
}
