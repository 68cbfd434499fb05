/**
 * The ossutil line that `npm start` prints works when it is pasted into a shell.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { runLocalServer } from '../support/local-server.ts'
import type { Case } from './cases.ts'

/** Returns the case; `folder` is its own. */
export function pastedLineCase(binary: string, folder: string): Case {
  return { name: 'the line that npm start prints', run: () => paste(binary, folder) }
}

async function paste(binary: string, folder: string): Promise<void> {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(binary, join(bin, 'ossutil'))
  const { child, output, exited } = runLocalServer(['--port', '0', '--data', join(folder, 'data')])
  try {
    const printed = await new Promise<string>((resolve, reject) => {
      child.stdout.on('data', () => output.stdout.includes('new OSS(') && resolve(output.stdout))
      child.on('exit', () => reject(new Error(`The server ended\n${output.stderr}`)))
    })
    const line = /^ *(ossutil .*)$/m.exec(printed)?.[1]
    if (line === undefined) throw new Error(`There is no ossutil line:\n${printed}`)
    const env = { PATH: `${bin}:${process.env['PATH']}`, HOME: folder }
    const answer = execFileSync('sh', ['-c', line], {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    if (!/Bucket Number is: 0/.test(answer)) throw new Error(`${line} answered:\n${answer}`)
  } finally {
    child.kill('SIGTERM')
    await exited
  }
}
