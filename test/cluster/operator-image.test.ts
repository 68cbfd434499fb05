import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { operatorImagePlan } from './operator-image.ts'

const path = join(__dirname, '..', '..', 'operator', 'Dockerfile')
const [build = '', final = ''] = readFileSync(path, 'utf8')
  .split(/^FROM /m)
  .slice(1)

/** The arguments of an instruction, each time that it is there. */
function instructions(stage: string, name: string): string[] {
  return [...stage.matchAll(new RegExp(`^${name} +(.*)$`, 'gm'))].map(([, text = '']) => text)
}

test('the Dockerfile makes the image that the cluster suites run', () => {
  const { base, program, user, command } = operatorImagePlan
  expect(build.split('\n')[0]).toBe(`${base} AS build`)
  expect(final.split('\n')[0]).toBe(base)
  expect(instructions(build, 'RUN')).toContain(`node operator/bundle.mjs ${program}`)
  expect(instructions(final, 'RUN')).toEqual([])
  expect(instructions(final, 'COPY')).toEqual([`--from=build ${program} ${program}`])
  expect(instructions(final, 'WORKDIR')).toEqual([program])
  expect(instructions(final, 'USER')).toEqual([user])
  expect(JSON.parse(instructions(final, 'CMD').join())).toEqual(command)
})
