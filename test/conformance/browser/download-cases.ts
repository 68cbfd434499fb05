/**
 * Signed addresses that a browser is sent to.
 *
 * @module
 */

import { readFileSync } from 'node:fs'
import type { Case } from '../cases.ts'
import { mustEqual } from '../cases.ts'
import type { BrowserWorld } from './browser-world.ts'
import { numberedBytes, sha256, withPage } from './browser-world.ts'
import { escapeHtml } from './page-server.ts'

const KEY = 'harvest'
const NAME = 'Ernte ü 2026.csv'
const bytes = numberedBytes(5 * 1024 ** 2 + 3)
const TEXT = 'barley,7\n'

/** Returns the cases. */
export function downloadCases(world: BrowserWorld): Case[] {
  const disposition = `attachment; filename="harvest.csv"; filename*=UTF-8''${encodeURIComponent(NAME)}`
  const queries = { 'response-content-disposition': disposition }
  return [
    {
      name: 'a link signed with V1 saves a file under the name that it gives',
      async run() {
        await world.oss.put(KEY, bytes, { headers: { 'Content-Type': 'text/csv' } })
        const response = { 'content-disposition': disposition }
        await mustSave(world, world.oss.signatureUrl(KEY, { expires: 60, response }))
      },
    },
    {
      name: 'a link signed with V4 saves a file under the name that it gives',
      run: async () =>
        mustSave(world, await world.oss.signatureUrlV4('GET', 60, { headers: {}, queries }, KEY)),
    },
    {
      name: 'a link that gives no name shows what it leads to',
      run: () => mustShow(world),
    },
  ]
}

async function mustSave(world: BrowserWorld, url: string): Promise<void> {
  const link = `<a href="${escapeHtml(url)}">The harvest</a>`
  await withPage(world, world.pages.show('/links', link), async (page) => {
    const saving = page.waitForEvent('download')
    await page.click('a')
    const download = await saving
    mustEqual(download.suggestedFilename(), NAME)
    mustEqual(sha256(readFileSync(await download.path())), sha256(bytes))
  })
}

async function mustShow(world: BrowserWorld): Promise<void> {
  await world.oss.put('note', Buffer.from(TEXT), { headers: { 'Content-Type': 'text/plain' } })
  const url = await world.oss.signatureUrlV4('GET', 60, { headers: {} }, 'note')
  await withPage(world, url, async (page) => mustEqual(await page.textContent('body'), TEXT))
}
