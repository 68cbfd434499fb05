/**
 * Nothing that was acknowledged is lost, and nothing is seen by half, whenever power or process go.
 *
 * @module
 */

import { runImages } from './images.ts'
import { runKills } from './kill-loop.ts'

const IMAGE_COUNT = 500
const KILL_COUNT = 20
const TIMEOUT_MS = 8 * 60_000

/** Another one each time; a failure prints how to replay it. */
const seed = Math.floor(Math.random() * 2 ** 31)

test(
  `${IMAGE_COUNT} crash images recover with everything acknowledged`,
  async () => {
    const { imageCount, acknowledgedCount, failures } = await runImages({
      imageCount: IMAGE_COUNT,
      seed,
    })
    const described = failures.map(({ seed: imageSeed, story, violations, traceFile }) => ({
      replay: `npm run crash -- --trace ${traceFile} --image ${imageSeed}`,
      story,
      violations: violations.slice(0, 3),
    }))
    expect(described).toEqual([])
    expect(imageCount).toBeGreaterThanOrEqual(IMAGE_COUNT)
    // Images of a region that hardly did anything would prove nothing.
    expect(acknowledgedCount).toBeGreaterThan(5 * IMAGE_COUNT)
  },
  TIMEOUT_MS,
)

test(
  `${KILL_COUNT} kills of a server at work lose nothing`,
  async () => {
    const { killCount, acknowledgedCount, violations } = await runKills(KILL_COUNT, seed)
    const replay = `npm run crash -- --kills ${KILL_COUNT} --seed ${seed}`
    expect({ replay, violations }).toEqual({ replay, violations: [] })
    expect(killCount).toBe(KILL_COUNT)
    expect(acknowledgedCount).toBeGreaterThan(10 * KILL_COUNT)
  },
  TIMEOUT_MS,
)
