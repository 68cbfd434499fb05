/**
 * The load generator as its parent sees it.
 *
 * @module
 */

import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { LoadPlan, LoadResult } from './plan.ts'

/** A process that makes requests. */
export class Generator {
  readonly #child: ChildProcess
  readonly #ended: Promise<LoadAnswer>

  constructor() {
    const program = join(import.meta.dirname, 'load-generator.ts')
    this.#child = fork(program, { serialization: 'advanced', execArgv: [] })
    this.#ended = once(this.#child, 'exit').then(() => ({ error: 'The load generator ended' }))
  }

  /** Works through a plan; rejects when anything was answered but 200. */
  async run(plan: LoadPlan): Promise<LoadResult> {
    this.#child.send(plan)
    const answer = await Promise.race([this.#answer(), this.#ended])
    if ('error' in answer) throw new Error(`${describePlan(plan)}: ${answer.error}`)
    return answer.result
  }

  stop(): void {
    this.#child.disconnect()
  }

  async #answer(): Promise<LoadAnswer> {
    const [answer] = (await once(this.#child, 'message')) as [LoadAnswer]
    return answer
  }
}

type LoadAnswer = { readonly result: LoadResult } | { readonly error: string }

function describePlan({ request, count, connectionCount }: LoadPlan): string {
  return `${count} times ${request.kind} over ${connectionCount} connections`
}
