/**
 * Makes the key pair that storage nodes sign callbacks with. Application servers fetch its public half.
 *
 * @module
 */

import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'

/** PEM texts, as storage nodes read them. */
export interface CallbackKeyTexts {
  readonly privateKey: string
  readonly publicKey: string
}

const KEY_BITS = 2048

/** RSA, as the OSS API prescribes; in a tenth of a second on another thread. */
export function issueCallbackKey(keyBits = KEY_BITS): Promise<CallbackKeyTexts> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: keyBits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}
