/**
 * A process of the run that answers what it is told over Node's channel, one after the other.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export class AnsweringChild<Request extends object, Answer> {
  readonly #child: ChildProcess
  #turn: Promise<unknown> = Promise.resolve()

  /** `program`: of this folder. `log`: a file descriptor for what it writes. */
  constructor(program: string, log: number) {
    this.#child = spawn(process.execPath, [join(import.meta.dirname, program)], {
      stdio: ['ignore', log, log, 'ipc'],
      // What interrupts a run at the terminal does not interrupt it.
      detached: true,
    })
    this.#child.once('error', (cause) => {
      throw new Error(`Cannot start ${program}`, { cause })
    })
  }

  ask(request: Request): Promise<Answer> {
    const answer = this.#turn.then(async () => {
      const child = this.#child
      if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}`)
      child.send(request)
      const ended = new AbortController()
      const { signal } = ended
      try {
        const [message] = (await Promise.race([
          once(child, 'message', { signal }),
          once(child, 'exit', { signal }).then(([code]) => {
            throw new Error(`It ended with ${code}`)
          }),
        ])) as [Answer]
        return message
      } finally {
        ended.abort()
      }
    })
    this.#turn = answer.catch(() => undefined)
    return answer
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}
