/**
 * Why a store could not be opened; each is one clear line for whoever started the process.
 *
 * @module
 */

/** Base of all reasons. */
export class StoreOpenError extends Error {
  override readonly name: string = 'StoreOpenError'
}

/** Another process holds the store. */
export class StoreInUseError extends StoreOpenError {
  override readonly name = 'StoreInUseError'

  constructor(directory: string) {
    super(`Cannot open store "${directory}": it is in use by another process`)
  }
}

/** A newer release of the software wrote the store. */
export class StoreFormatNewerError extends StoreOpenError {
  override readonly name = 'StoreFormatNewerError'

  constructor(directory: string, found: number, known: number) {
    super(
      `Cannot open store "${directory}": its format is ${found}, this release knows formats up to ${known}`,
    )
  }
}

/** What was durable is missing or changed: the store must be rebuilt, never served (D2, D3). */
export class StoreDamagedError extends StoreOpenError {
  override readonly name = 'StoreDamagedError'

  constructor(directory: string, finding: string, options?: ErrorOptions) {
    super(`Cannot open store "${directory}": it is damaged: ${finding}`, options)
  }
}

/** The disk refused what opening needs: nothing is known to be wrong with the store itself. */
export class StoreUnreadableError extends StoreOpenError {
  override readonly name = 'StoreUnreadableError'

  constructor(directory: string, cause: Error) {
    super(`Cannot open store "${directory}": the disk refuses it: ${cause.message}`, { cause })
  }
}
