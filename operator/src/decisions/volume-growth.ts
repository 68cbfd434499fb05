/**
 * Whether a volume has to grow.
 *
 * @module
 */

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  ...{ k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, Pi: 1024 ** 5, Ei: 1024 ** 6 },
}

/** True if the claim asks for less than is wanted; what cannot be read is left alone. */
export function mustGrow(asked: string, wanted: string): boolean {
  const [from, to] = [quantityBytes(asked), quantityBytes(wanted)]
  return from !== undefined && to !== undefined && from < to
}

/** The bytes of a quantity as Kubernetes writes it. */
export function quantityBytes(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]{0,2})$/.exec(text) ?? []
  const unitBytes = UNITS[unit]
  return count === undefined || unitBytes === undefined ? undefined : Number(count) * unitBytes
}
