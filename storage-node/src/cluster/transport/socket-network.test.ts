import type { NetworkPair } from './peer-network.compliance.ts'
import { describePeerNetwork } from './peer-network.compliance.ts'
import type { TestCertificates } from './transport-fixtures.ts'
import { A, B, makeTestCertificates, TestNodes } from './transport-fixtures.ts'

async function openPair(certificates: TestCertificates | undefined): Promise<NetworkPair> {
  const nodes = new TestNodes()
  const a = await nodes.open({ store: A, certificates })
  let b = await nodes.open({ store: B, certificates })
  let incarnation = 1
  return {
    a,
    b,
    stopB: () => b.close(),
    async startB() {
      incarnation++
      b = await nodes.open({ store: B, certificates, incarnation, nonce: incarnation })
      return b
    },
    close: () => nodes.close(),
  }
}

describePeerNetwork('network over TCP', () => openPair(undefined))

describe('with certificates', () => {
  let certificates: TestCertificates
  beforeAll(async () => {
    certificates = await makeTestCertificates()
  })
  afterAll(() => certificates.remove())

  describePeerNetwork('network over TLS', () => openPair(certificates))
})
