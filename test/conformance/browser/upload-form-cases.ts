/**
 * Upload forms that a person fills in and the browser submits.
 *
 * @module
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { Field } from '../../support/post-form.ts'
import type { Case } from '../cases.ts'
import { mustEqual } from '../cases.ts'
import { signedV1, signedV4 } from '../form-cases.ts'
import type { BrowserWorld } from './browser-world.ts'
import { mustBeMissing, mustBeStored, numberedBytes, withPage } from './browser-world.ts'
import { escapeHtml } from './page-server.ts'

/** Of several chunks. */
const LARGE_BYTES = 9 * 1024 ** 2 + 7

/** A form that is signed, and the file that is chosen in it. */
interface Form {
  readonly sign: 'v1' | 'v4'
  readonly fields: readonly Field[]
  readonly conditions?: readonly unknown[]
  readonly fileName: string
  readonly bytes: Uint8Array
}

/** Returns the cases; pages of a form need no CORS rules. */
export function uploadFormCases(world: BrowserWorld): Case[] {
  return [
    {
      name: 'a form under a policy of V4 ends on the XML of what was made, byte for byte',
      run: () => mustShowXml(world),
    },
    {
      name: 'a form under a policy of V1 leads on to the page it names, with bucket, key and ETag',
      run: () => mustLeadOn(world),
    },
    {
      name: 'a form takes the name of the file that was chosen, and the type that the browser gives it',
      run: () => mustTakeName(world),
    },
    {
      name: 'a form without a word about success leaves the page where it is',
      run: () => mustStay(world),
    },
    ...refusals.map(({ what, code, ...form }) => ({
      name: `a form is refused: ${what}`,
      run: () => mustBeRefused(world, form, code),
    })),
  ]
}

const refusals: readonly (Form & { readonly what: string; readonly code: string })[] = [
  {
    what: 'the file is larger than its policy of V4 lets it be',
    sign: 'v4',
    fields: [['key', 'forms/refused']],
    conditions: [['content-length-range', 1, 1000]],
    fileName: 'large.png',
    bytes: numberedBytes(1001),
    code: 'EntityTooLarge',
  },
  {
    what: 'the key is not below what its policy of V1 says',
    sign: 'v1',
    fields: [['key', 'forms/refused']],
    conditions: [['starts-with', '$key', 'pictures/']],
    fileName: 'grain.png',
    bytes: numberedBytes(100),
    code: 'AccessDenied',
  },
]

async function mustShowXml(world: BrowserWorld): Promise<void> {
  const { bucket } = world
  const bytes = numberedBytes(LARGE_BYTES)
  const fields: Field[] = [
    ['key', 'forms/large & "wide".bin'],
    ['success_action_status', '201'],
    ['x-oss-meta-colour', 'gold'],
  ]
  const form: Form = { sign: 'v4', fields, fileName: 'large.grain', bytes }
  await submit(world, form, async (_page, status, text) => {
    mustEqual([status, elementOf(text, 'Bucket')], [201, bucket])
    mustEqual(elementOf(text, 'Key'), 'forms/large & "wide".bin')
    const { pathname } = new URL(elementOf(text, 'Location'))
    mustEqual(decodeURIComponent(pathname), '/forms/large & "wide".bin')
    const { headers } = (await world.oss.head('forms/large & "wide".bin')).res
    mustEqual(elementOf(text, 'ETag'), headers['etag'])
    mustEqual(headers['x-oss-meta-colour'], 'gold')
  })
  await mustBeStored(world, 'forms/large & "wide".bin', bytes, 'application/octet-stream')
}

async function mustLeadOn(world: BrowserWorld): Promise<void> {
  const { bucket, pages } = world
  const bytes = numberedBytes(1000)
  const thanks = pages.show('/thanks', '<h1>Thanks</h1>')
  const fields: Field[] = [
    ['key', 'forms/ü +1.png'],
    ['success_action_redirect', `${thanks}?lang=en`],
  ]
  const form: Form = { sign: 'v1', fields, fileName: 'grain.png', bytes }
  await submit(world, form, async (page) => {
    mustEqual(await page.textContent('h1'), 'Thanks')
    const { origin, pathname, searchParams } = new URL(page.url())
    mustEqual(origin + pathname, thanks)
    const { etag } = (await world.oss.head('forms/ü +1.png')).res.headers
    const wanted = { lang: 'en', bucket, key: 'forms/ü +1.png', etag }
    mustEqual(Object.fromEntries(searchParams), wanted)
  })
  await mustBeStored(world, 'forms/ü +1.png', bytes, 'image/png')
}

async function mustTakeName(world: BrowserWorld): Promise<void> {
  const fields: Field[] = [
    ['key', 'forms/${filename}'],
    ['success_action_status', '200'],
  ]
  const files: readonly (readonly [name: string, type: string])[] = [
    ['Ernte im März, 1 & groß +.txt', 'text/plain'],
    ['收获.jpeg', 'image/jpeg'],
    ['grain', 'application/octet-stream'],
  ]
  for (const [fileName, type] of files) {
    const bytes = numberedBytes(100 + fileName.length)
    const form: Form = { sign: 'v4', fields, fileName, bytes }
    await submit(world, form, (_page, status) => mustEqual(status, 200))
    await mustBeStored(world, `forms/${fileName}`, bytes, type)
  }
}

async function mustStay(world: BrowserWorld): Promise<void> {
  const bytes = numberedBytes(10)
  const fields: Field[] = [['key', 'forms/quiet']]
  await withForm(world, { sign: 'v1', fields, fileName: 'grain.txt', bytes }, async (page) => {
    const answered = page.waitForResponse((response) => response.request().method() === 'POST')
    await page.click('button')
    mustEqual((await answered).status(), 204)
    mustEqual(new URL(page.url()).pathname, '/form')
  })
  await mustBeStored(world, 'forms/quiet', bytes, 'text/plain')
}

async function mustBeRefused(world: BrowserWorld, form: Form, code: string): Promise<void> {
  const thanks = world.pages.show('/thanks', '<h1>Thanks</h1>')
  const fields: Field[] = [...form.fields, ['success_action_redirect', thanks]]
  await submit(world, { ...form, fields }, (_page, status, text) => {
    mustEqual([Math.floor(status / 100), elementOf(text, 'Code')], [4, code])
  })
  await mustBeMissing(world, 'forms/refused')
}

/** Submits the form and looks at where the browser has come to: the page, the answer's status and text. */
function submit(
  world: BrowserWorld,
  form: Form,
  look: (page: Page, status: number, text: string) => void | Promise<void>,
): Promise<void> {
  return withForm(world, form, async (page) => {
    const leaves = page.waitForNavigation()
    await page.click('button')
    const answer = await leaves
    await look(page, answer?.status() ?? 0, (await answer?.text()) ?? '')
  })
}

/** Opens a page with the form, in which the file is chosen. */
function withForm(
  world: BrowserWorld,
  form: Form,
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const { oss, access, bucket, pages, folder } = world
  const signed =
    form.sign === 'v1'
      ? signedV1(oss, bucket, form.conditions)
      : signedV4(oss, access, bucket, form.conditions)
  const inputs = [...form.fields, ...signed].map(([name, value]) => {
    return `<input type="hidden" name="${name}" value="${escapeHtml(String(value))}">`
  })
  const { protocol, host } = new URL(access.endpoint)
  const opening = `<form method="post" enctype="multipart/form-data" action="${protocol}//${bucket}.${host}/">`
  const rest = '<input type="file" name="file"><button name="submit">Upload</button></form>'
  const url = pages.show('/form', opening + inputs.join('') + rest)
  const path = join(folder, form.fileName)
  writeFileSync(path, form.bytes)
  return withPage(world, url, async (page) => {
    await page.setInputFiles('input[type=file]', path)
    await work(page)
  })
}

function elementOf(xml: string, name: string): string {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1] ?? `no ${name}: ${xml}`
  return text.replaceAll('&quot;', '"').replaceAll('&amp;', '&')
}
