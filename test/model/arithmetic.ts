/**
 * Arithmetic, looked up once: in a sandbox such as jest's each look at a global costs a hundred multiplications.
 *
 * @module
 */

export const { floor, imul, max, min } = Math
