/**
 * The load generator: a process of its own that works through one plan after another.
 *
 * @module
 */

import { LoadConnection } from './load-connection.ts'
import { MultipartUpload } from './multipart-upload.ts'
import { RequestHeads } from './load-request.ts'
import type { LoadPlan, LoadResult } from './plan.ts'

process.on('message', (plan: LoadPlan) => {
  run(plan).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit(0))

async function run(plan: LoadPlan): Promise<LoadResult> {
  const heads = new RequestHeads(plan)
  const { request, access } = plan
  if (request.kind !== 'part') return sendAll(plan, heads)
  const upload = await MultipartUpload.begin(access, request)
  heads.uploadId = upload.id
  const result = await sendAll(plan, heads)
  await upload.complete()
  return result
}

function sendAll(plan: LoadPlan, heads: RequestHeads): Promise<LoadResult> {
  const { request, count, firstIndex } = plan
  const endpoints = (plan.access.endpoints ?? [plan.access.endpoint]).map((text) => new URL(text))
  const isSent = request.kind === 'put' || request.kind === 'post' || request.kind === 'part'
  const putBytes = isSent ? request.sizeBytes : 0
  const latenciesMs = new Float64Array(count)
  const connections: LoadConnection[] = []
  let sentCount = 0
  let stalled = 0
  let answeredCount = 0
  let bodyBytes = 0
  const startedMs = performance.now()

  return new Promise<LoadResult>((resolve, reject) => {
    for (let each = Math.min(plan.connectionCount, count); each > 0; each--) {
      openConnection(endpoints[each % endpoints.length]!)
    }
    for (let each = plan.stalledCount ?? 0; each > 0; each--)
      stall(endpoints[each % endpoints.length]!)

    /** A server may end what does not go on: that is no failure. */
    function stall({ hostname, port }: URL): void {
      const nothing = { onAnswer() {}, onFailure() {} }
      const connection = new LoadConnection(Number(port), hostname, nothing)
      connections.push(connection)
      connection.send(heads.head(firstIndex + count + stalled++), putBytes / 2)
    }

    function openConnection({ hostname, port }: URL): void {
      let sentMs = 0
      const connection = new LoadConnection(Number(port), hostname, {
        onFailure: reject,
        onAnswer(answerBytes) {
          const nowMs = performance.now()
          latenciesMs[answeredCount++] = nowMs - sentMs
          bodyBytes += answerBytes + putBytes
          if (request.kind === 'get' && answerBytes !== request.sizeBytes) {
            return reject(new Error(`A body of ${answerBytes} bytes, not ${request.sizeBytes}`))
          }
          if (answeredCount === count) {
            return resolve({ durationMs: nowMs - startedMs, bodyBytes, latenciesMs })
          }
          sendNext()
        },
      })
      connections.push(connection)
      const sendNext = () => {
        if (sentCount === count) return
        const { head, frames } = heads.request(firstIndex + sentCount++)
        sentMs = performance.now()
        if (frames === undefined) connection.send(head, putBytes, heads.tail)
        else connection.sendFrames(head, frames)
      }
      sendNext()
    }
  }).finally(() => {
    for (const connection of connections) connection.close()
  })
}
