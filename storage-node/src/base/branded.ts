/**
 * Types that share a representation but must not be mixed.
 *
 * @module
 */

declare const brand: unique symbol

/** A `Base` that is only assignable from values made for `Name`. */
export type Branded<Base, Name extends string> = Base & { readonly [brand]: Name }
