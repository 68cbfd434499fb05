/**
 * Debian's Chromium, driven without a display.
 *
 * @module
 */

import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { BrowserContext } from 'playwright-core'
import { ensureDebianPackages, findCommand } from '../../support/debian-packages.ts'

/** Longer than any step takes on a busy machine. */
const STEP_MS_MAX = 30_000

/** Returns the path of Chromium; installs Debian's if there is none. */
export function findChromium(): string {
  ensureDebianPackages({ files: ['chromium'], packages: ['chromium'] })
  return findCommand('chromium') ?? 'chromium'
}

/** Starts it; everything that it writes is below `folder`, and closing the context ends it. */
export async function startChromium(
  executablePath: string,
  folder: string,
): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(join(folder, 'profile'), {
    executablePath,
    // Its sandbox refuses to run as root.
    chromiumSandbox: false,
    downloadsPath: join(folder, 'downloads'),
    env: {
      ...process.env,
      // Names of files that it is given, and gives, need not be ASCII.
      LC_ALL: 'C.UTF-8',
      HOME: folder,
      TMPDIR: folder,
      XDG_CONFIG_HOME: join(folder, 'config'),
      XDG_CACHE_HOME: join(folder, 'cache'),
    },
  })
  context.setDefaultTimeout(STEP_MS_MAX)
  return context
}
