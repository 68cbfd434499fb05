/**
 * Programs out of TypeScript sources: each one file, beside what several of them share.
 *
 * It is plain JavaScript, for it runs where images are built.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

/**
 * A module that imports node:http makes Node read its client for WebSockets too, 50 ms in each process; one that
 * requires it does not.
 */
const requiredHttp = {
  name: 'required-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, ({ kind }) =>
      kind === 'import-statement' ? { path: 'node:http', namespace: 'required' } : undefined,
    )
    onLoad({ filter: /^node:http$/, namespace: 'required' }, () => ({
      contents: "module.exports = require('node:http')",
    }))
  },
}

/** Writes `entryPoints` to `target`, without the packages that are `external`. */
export async function bundlePrograms({ entryPoints, external, target }) {
  await build({
    entryPoints,
    external,
    plugins: [requiredHttp],
    outdir: target,
    bundle: true,
    // What is imported only when it is needed is also only read then.
    splitting: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none',
    // CommonJS packages ask for Node's own modules by a function that modules do not have.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
    },
    logLevel: 'warning',
  })
  writeFileSync(
    join(target, 'package.json'),
    `${JSON.stringify({ private: true, type: 'module' })}\n`,
  )
}
