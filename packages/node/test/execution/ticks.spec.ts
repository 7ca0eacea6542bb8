import { describe, expect, it } from 'vitest'
import { createTicks } from '../../src/execution/ticks.ts'

const PERIOD_MS = 500

const byTime = () => createTicks({ periodMs: PERIOD_MS, stepMax: PERIOD_MS })

function shown(...looks: number[]) {
  const ticks = byTime()
  return looks.map(runMs => ticks.look(runMs, runMs))
}

/** The credit is a thousand of fuel. */
function burnt(...looks: [runMs: number, fuel: number][]) {
  const ticks = createTicks({ periodMs: PERIOD_MS, stepMax: 875 })
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
      let [runMs, before, silent] = [0, 0, 0]
      for (let step = 0; step < 5; step++) {
        runMs += choices[Math.floor(round / choices.length ** step) % choices.length]!
        const now = ticks.look(runMs, runMs)
        silent = now === undefined ? silent + 1 : 0
        if (silent > 1) throw new Error(`silent twice in round ${round}`)
        if (now === undefined) continue
        if (now < before || now > Math.min(runMs, before + PERIOD_MS))
          throw new Error(`${now} after ${before}, ${round}`)
        before = now
      }
    }
  })

  it('show what there is of fuel at each look, also when it is little or none', () => {
    expect(burnt([500, 600], [1000, 1100], [1500, 1100])).toEqual([600, 1100, 1100])
  })

  it('show less than the credit of fuel at once, however fast it burns', () => {
    expect(burnt([500, 2000], [1000, 4000])).toEqual([875, 1750])
    expect(burnt([5000, 9000], [5500, 9500])).toEqual([undefined, 875])
  })
})
