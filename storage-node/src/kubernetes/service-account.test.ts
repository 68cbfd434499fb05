import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serviceAccount } from './service-account.ts'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'granary-service-account-'))
  put('token', 'first\n', 1)
  put('ca.crt', 'PEM', 1)
})

afterEach(() => rmSync(directory, { recursive: true }))

test.each([
  ['10.96.0.1', 'https://10.96.0.1:443'],
  ['fd00::1', 'https://[fd00::1]:443'],
  ['kubernetes.default.svc', 'https://kubernetes.default.svc:443'],
])('the API server at %s is %s', (serviceHost, url) => {
  expect(serviceAccount({ serviceHost, servicePort: '443', directory }).server).toBe(url)
})

test('a token that is replaced is the one of the next request', async () => {
  const { token, authority } = serviceAccount({ ...where(), directory })
  expect(await token()).toBe('first')
  expect(await authority?.()).toBe('PEM')
  put('token', 'second', 2)
  expect(await token()).toBe('second')
})

function where() {
  return { serviceHost: 'kubernetes.default.svc', servicePort: '443' }
}

function put(name: string, text: string, writtenSeconds: number): void {
  const path = join(directory, name)
  writeFileSync(path, text)
  utimesSync(path, writtenSeconds, writtenSeconds)
}
