import { describe, expect, it } from 'vitest'
import { createTicks } from '../../src/execution/ticks.ts'

const PERIOD_MS = 500

const byTime = () => createTicks({ lookMs: PERIOD_MS, periodMs: PERIOD_MS, stepMax: PERIOD_MS })

function shown(...looks: number[]) {
  const ticks = byTime()
  return looks.map(runMs => ticks.look(runMs, runMs))
}

/** Looks twice in a period, and the credit is a thousand of fuel. */
function burnt(...looks: [runMs: number, fuel: number][]) {
  const ticks = createTicks({ lookMs: PERIOD_MS / 2, periodMs: PERIOD_MS, stepMax: 500 })
  return looks.map(([runMs, fuel]) => ticks.look(runMs, fuel))
}

describe('ticks of a running program', () => {
  it('show what it has run when they are in time', () => {
    expect(shown(500, 1000, 1500, 2000)).toEqual([500, 1000, 1500, 2000])
    expect(shown(499, 998, 1498)).toEqual([499, 998, 1498])
  })

  it('show no more than a period each when they are late: a buyer is never asked for its whole credit at once', () => {
    expect(shown(740, 1480, 2220)).toEqual([500, 1000, 1500])
  })

  it('show nothing when one is so late that a payment may lie there unread', () => {
    expect(shown(500, 1251, 1751)).toEqual([500, undefined, 1000])
    expect(shown(5000, 5500)).toEqual([undefined, 500])
  })

  it('wait once only, so that a machine which is always late is paid all the same', () => {
    expect(shown(1000, 2000, 3000, 4000)).toEqual([undefined, 500, undefined, 1000])
  })

  it('never show less than before, nor more than was run, nor two steps at once', () => {
    const choices = [0, 300, PERIOD_MS, 700, 751, 5 * PERIOD_MS]
    for (let round = 0; round < choices.length ** 5; round++) {
      const ticks = byTime()
      let [runMs, before, silent, shownAtMs] = [0, 0, 0, 0]
      for (let step = 0; step < 5; step++) {
        runMs += choices[Math.floor(round / choices.length ** step) % choices.length]!
        const now = ticks.look(runMs, runMs)
        // Too soon after the last one there is nothing to show yet.
        if (now === undefined && runMs - shownAtMs >= PERIOD_MS) silent++
        else silent = 0
        if (silent > 1) throw new Error(`silent twice in round ${round}`)
        if (now === undefined) continue
        if (now < before || now > Math.min(runMs, before + PERIOD_MS))
          throw new Error(`${now} after ${before}, ${round}`)
        before = now
        shownAtMs = runMs
      }
    }
  })

  it('show fuel once half of the credit is gone, however soon', () => {
    expect(burnt([250, 600], [500, 1100], [750, 1700])).toEqual([500, 1000, 1500])
  })

  it('show what there is of fuel each period, also when it is little or none', () => {
    expect(burnt([250, 10], [500, 20], [750, 20], [1000, 20])).toEqual([undefined, 20, undefined, 20])
  })
})
