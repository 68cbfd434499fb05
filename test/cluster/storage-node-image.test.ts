import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { POD_USER_ID } from '../../storage-node/src/contract/storage-node-pod.ts'
import { imagePlan } from './storage-node-image.ts'

const path = join(__dirname, '..', '..', 'storage-node', 'Dockerfile')
const [build = '', final = ''] = readFileSync(path, 'utf8')
  .replaceAll('\\\n', '')
  .split(/^FROM /m)
  .slice(1)

/** The arguments of an instruction, each time that it is there. */
function instructions(stage: string, name: string): string[] {
  return [...stage.matchAll(new RegExp(`^${name} +(.*)$`, 'gm'))].map(([, text = '']) => text)
}

test('the Dockerfile makes the image that the cluster suites run', () => {
  const { base, packages, program, user, environment, command } = imagePlan
  expect(build.split('\n')[0]).toBe(`${base} AS build`)
  expect(final.split('\n')[0]).toBe(base)
  expect(instructions(build, 'RUN')).toContain(`node storage-node/bundle.mjs ${program}`)
  expect(instructions(final, 'COPY')).toEqual([`--from=build ${program} ${program}`])
  expect(instructions(final, 'WORKDIR')).toEqual([program])
  expect(instructions(final, 'USER')).toEqual([user])
  expect(instructions(final, 'ENV')).toEqual([environment.join(' ')])
  expect(JSON.parse(instructions(final, 'CMD').join())).toEqual(command)
  const installed = instructions(final, 'RUN')
    .join()
    .match(/recommends +(.*?) +&&/)?.[1]
  expect(installed?.split(' ')).toEqual(packages)
})

test('the image runs as the user that owns the volume', () => {
  expect(imagePlan.user).toBe(`${POD_USER_ID}:${POD_USER_ID}`)
})
