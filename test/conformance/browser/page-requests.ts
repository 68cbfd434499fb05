/**
 * What a page's own `fetch` sends, what it learns of the answer, and what the browser sees beside that.
 *
 * @module
 */

import type { Page } from 'playwright-core'

export interface PageRequest {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly credentials?: 'include'
  readonly mode?: 'no-cors'
}

/** What the page may read; `refused` is the error that it gets instead of an answer. */
export interface PageAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly text?: string
  readonly refused?: string
}

/** What `fetch` throws, whatever the reason: pages are not told. */
export const REFUSED: PageAnswer = { refused: 'TypeError: Failed to fetch' }

/** Sends from the page. */
export function fetchIn(page: Page, request: PageRequest): Promise<PageAnswer> {
  return page.evaluate(async ({ url, ...init }) => {
    try {
      const answer = await fetch(url, init)
      const headers = Object.fromEntries(answer.headers)
      return { status: answer.status, headers, text: await answer.text() }
    } catch (error) {
      return { refused: String(error) }
    }
  }, request)
}

/** What a page's requests have caused so far. */
export interface Preflights {
  readonly seen: readonly Preflight[]
  /** Waits for one: the page may know what became of its request before its preflight is told. */
  first(): Promise<Preflight | undefined>
}

/** A preflight's answer, as the browser saw it. */
export interface Preflight {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
}

const WAIT_MS_MAX = 5_000

/** The preflights that the page's requests cause from now on. */
export async function watchPreflights(page: Page): Promise<Preflights> {
  const session = await page.context().newCDPSession(page)
  const seen: Preflight[] = []
  session.on('Network.responseReceived', ({ type, response }) => {
    if (type !== 'Preflight') return
    const headers = Object.entries(response.headers).map(([name, value]) => [
      name.toLowerCase(),
      value,
    ])
    seen.push({ status: response.status, headers: Object.fromEntries(headers) })
  })
  await session.send('Network.enable')
  return {
    seen,
    async first() {
      const deadlineMs = performance.now() + WAIT_MS_MAX
      while (seen.length === 0 && performance.now() < deadlineMs) {
        await new Promise((wake) => setTimeout(wake, 20))
      }
      return seen[0]
    },
  }
}
