/**
 * ossutil as a user runs it: a configuration file, one signature version.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Access } from '../support/oss-request.ts'
import { CommandTool } from './command-tool.ts'

/** The signatures that ossutil knows. */
export type SignVersion = 'v1' | 'v4'

/** Runs ossutil commands against one endpoint. */
export class Ossutil extends CommandTool {
  /** `folder` takes the configuration, checkpoints and reports. */
  constructor(binary: string, folder: string, access: Access, sign: SignVersion) {
    mkdirSync(folder, { recursive: true })
    const configuration = join(folder, 'config')
    const lines = [
      '[Credentials]',
      'language=EN',
      `endpoint=${access.endpoint}`,
      `accessKeyID=${access.accessKeyId}`,
      `accessKeySecret=${access.accessKeySecret}`,
    ]
    writeFileSync(configuration, `${lines.join('\n')}\n`, { mode: 0o600 })
    const behind = ['-c', configuration, '--sign-version', sign, '--region', access.region]
    super({ binary, folder, behind })
  }
}
