/**
 * COSI's own programs and definitions, from its Go modules: built once, and put into the cluster as images.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebianPackages, findCommand } from '../support/debian-packages.ts'
import { bedCache, kubectl, runScript } from './bed.ts'

const source = join(import.meta.dirname, 'cosi')
const MODULE = 'sigs.k8s.io/container-object-storage-interface'
/** Without it the API server takes no definition of a group that is Kubernetes' own. */
const APPROVED = 'api-approved.kubernetes.io=unapproved, experimental-only'
const SOURCES = ['go.mod', 'go.sum', 'internal/go.mod', 'internal/runtime/controller.go']

export const COSI_CONTROLLER_IMAGE = 'localhost/cosi-controller:test'
export const COSI_SIDECAR_IMAGE = 'localhost/cosi-sidecar:test'

const programs = [
  { name: 'cosi-controller', path: `${MODULE}/controller/cmd`, image: COSI_CONTROLLER_IMAGE },
  { name: 'cosi-sidecar', path: `${MODULE}/sidecar/cmd`, image: COSI_SIDECAR_IMAGE },
]

/** Fetches the modules, and builds what is not there already from the same sources. */
export function buildCosiPrograms(): void {
  ensureDebianPackages({ files: ['go'], packages: ['golang-go'] })
  go('mod', 'download', `${MODULE}/client`)
  for (const program of programs) build(program)
}

/** Gives them to every machine, and applies the definitions. */
export async function installCosi(): Promise<void> {
  for (const program of programs) makeImage(program)
  const folder = go('list', '-m', '-f', '{{.Dir}}', `${MODULE}/client`).trim()
  const files = ['--filename', join(folder, 'config', 'crd')]
  const approved = ['annotate', '--local', '--overwrite', APPROVED, '--output=yaml']
  const definitions = await kubectl([...approved, ...files])
  const whole = ['apply', '--server-side', '--force-conflicts', '--filename', '-']
  await kubectl(whole, definitions)
  await kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...files])
}

function go(...args: readonly string[]): string {
  const env = {
    ...{ ...process.env, CGO_ENABLED: '0', GOFLAGS: '-trimpath -buildvcs=false' },
    GOCACHE: process.env['GRANARY_TESTBED_GOCACHE'] ?? join(bedCache, 'go-build'),
  }
  const command = findCommand('go') ?? 'go'
  return execFileSync(command, args, { cwd: source, env, stdio: ['ignore', 'pipe', 2] }).toString()
}

function build({ name, path }: (typeof programs)[number]): void {
  const built = join(bedCache, 'bin', name)
  const stampFile = join(bedCache, 'bin', `.${name}.stamp`)
  const stamp = createHash('sha256')
  for (const file of SOURCES) stamp.update(readFileSync(join(source, file)))
  const wanted = `${stamp.digest('hex')} ${go('env', 'GOVERSION')}`
  const isBuilt = existsSync(built) && existsSync(stampFile)
  if (isBuilt && readFileSync(stampFile, 'utf8') === wanted) return
  go('build', '-ldflags', '-s -w', '-o', built, path)
  writeFileSync(stampFile, wanted)
}

/** One static program on nothing. */
function makeImage({ name, image }: (typeof programs)[number]): void {
  const folder = mkdtempSync(join(tmpdir(), 'granary-image-'))
  try {
    cpSync(join(bedCache, 'bin', name), join(folder, name))
    runScript('image', ['--user', '10001:10001', image, folder, '--', `/${name}`])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
