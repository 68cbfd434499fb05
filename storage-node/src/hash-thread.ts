/**
 * Program of a hash thread: MD5 and CRC-64 of bodies, one pass over each piece, and SHA-256 of sections.
 *
 * @module
 */

import { parentPort } from 'node:worker_threads'
import { assert, unreachable } from './base/assert.ts'
import { openChecksums } from './base/checksums.ts'
import type { BodyDigest, Checksums } from './base/checksums.ts'
import type { HashAnswer, HashRequest } from './base/hash-threads.ts'
import { SectionDigest } from './base/section-digest.ts'

// Requests wait in the port until there is a listener.
void openChecksums().then(serve)

function serve(checksums: Checksums): void {
  assert(parentPort !== null, 'a hash thread runs in a worker')
  const port = parentPort
  const bodies = new Map<number, BodyDigest>()
  const sections = new Map<number, SectionDigest>()
  const answer = (message: HashAnswer) => port.postMessage(message)
  port.on('message', (request: HashRequest) => {
    switch (request.kind) {
      case 'update': {
        const digest = digestOf(request.body)
        digest.update(request.bytes)
        return answer({ kind: 'updated', body: request.body, crc64SoFar: digest.crc64SoFar() })
      }
      case 'finish': {
        const result = digestOf(request.body).finish()
        bodies.delete(request.body)
        return answer({ kind: 'finished', body: request.body, checksums: result })
      }
      case 'abandon':
        return void (bodies.delete(request.body) || sections.delete(request.body))
      case 'sections': {
        const { body, bytes, marks } = request
        return answer({ kind: 'hashed', body, hashes: sectionsOf(body).update(bytes, marks) })
      }
      default:
        unreachable(request)
    }
  })

  function digestOf(body: number): BodyDigest {
    let digest = bodies.get(body)
    if (digest === undefined) bodies.set(body, (digest = checksums.startBody()))
    return digest
  }

  function sectionsOf(body: number): SectionDigest {
    let digest = sections.get(body)
    if (digest === undefined) sections.set(body, (digest = new SectionDigest()))
    return digest
  }
}
