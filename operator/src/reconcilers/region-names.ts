/**
 * Looks at who else has names that a Region wants.
 *
 * @module
 */

import {
  mayNotTakeNames,
  namesakes,
  type NamedRegion,
  type PresentSet,
} from '../decisions/taken-names.ts'
import type { Refusal } from '../decisions/refusal.ts'
import { said } from '../decisions/region-conditions.ts'
import { statefulSets } from '../resources/built-in.ts'
import { findCondition, type ConditionChange } from '../resources/conditions.ts'
import { REGION_LABEL } from '../resources/names.ts'
import { regions, type Region } from '../resources/region.ts'
import type { ReconcilerParts } from './parts.ts'

export interface NameFindings {
  /** Why nothing may be made. */
  readonly refusal: Refusal | undefined
  readonly conditions: readonly ConditionChange[]
}

/** To be asked when the Region's zones are on record: of two that begin at once, one sees the other. */
export async function findNames({ api }: ReconcilerParts, region: Region): Promise<NameFindings> {
  const { namespace = '' } = region.metadata
  const [all, sets] = await Promise.all([api.list(regions), api.list(statefulSets, { namespace })])
  const own = namedRegion(region)
  const others = all.map(namedRegion)
  const present = sets.map(({ metadata }): PresentSet => {
    return { name: metadata.name, region: metadata.labels?.[REGION_LABEL] }
  })
  return {
    refusal: mayNotTakeNames(own, others, present),
    conditions: shared(region, namesakes(own, others)),
  }
}

/** Said only where there is, or was, something to say. */
function shared(
  { metadata, status }: Region,
  namespaces: readonly string[] | undefined,
): readonly ConditionChange[] {
  if (namespaces === undefined) {
    const before = findCondition(status?.conditions, 'NameShared')
    return before === undefined
      ? []
      : [said('NameShared', false, 'Alone', 'No other Region has it')]
  }
  const message =
    `A Region ${metadata.name} is in ${namespaces.join(', ')} too. They have nothing in common: ` +
    `resources for this one name it with spec.regionRef.namespace: ${metadata.namespace}`
  return [said('NameShared', true, 'OtherNamespace', message)]
}

function namedRegion({ metadata, status }: Region): NamedRegion {
  const { name, namespace = '', uid = '', creationTimestamp = '' } = metadata
  const zones = (status?.zones ?? []).map((zone) => zone.name)
  return { name, namespace, uid, madeAt: creationTimestamp, zones }
}
