/**
 * What a storage node said before its process ended, as Kubernetes keeps it: the end of its log.
 *
 * @module
 */

/** The part of a pod's status that says so. */
export interface EndedContainers {
  readonly containerStatuses?: readonly {
    readonly ready: boolean
    readonly state?: { readonly terminated?: { readonly message?: string } }
    readonly lastState?: { readonly terminated?: { readonly message?: string } }
  }[]
}

const WORDS_CHARS_MAX = 400
/** Errors by which a process refuses the store on its volume. */
const REFUSED_STORE = /^Store[A-Za-z]*Error: /

/** Why its process ended last; undefined: it runs, or has said nothing. */
export function lastWords(status: EndedContainers | undefined): string | undefined {
  const [container] = status?.containerStatuses ?? []
  if (container === undefined || container.ready) return undefined
  const { state, lastState } = container
  const log = (state?.terminated ?? lastState?.terminated)?.message ?? ''
  const said = log.split('\n').flatMap((line) => reasonIn(line) ?? [])
  return said.at(-1)?.slice(0, WORDS_CHARS_MAX)
}

/** Whether it was the store on its volume that could not be served. */
export function isStoreRefused(words: string): boolean {
  return REFUSED_STORE.test(words)
}

/** Of a line that tells of an error; only what is known to be the reason, in one line. */
function reasonIn(line: string): string | undefined {
  try {
    const { level, why, error } = JSON.parse(line) as Record<string, unknown>
    const text = why ?? error
    if (level !== 'error' || typeof text !== 'string') return undefined
    return text.split('\n', 1)[0]
  } catch {
    // Something that is no line of the log, or the rest of one.
    return undefined
  }
}
