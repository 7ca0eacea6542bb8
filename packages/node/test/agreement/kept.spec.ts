import type { AgreementId } from '@archipel/protocol'
import { describe, expect, it } from 'vitest'
import { RESULT_KEPT_SEC } from '../../src/execution/limits.ts'
import { createWorld, DONE } from './world.ts'

describe('a result that was promised to be kept', () => {
  it('is so after a restart, until its time is over, and then forgotten', async () => {
    const { store, clock, ...world } = await createWorld()
    const id = (await world.agree(world.demand(1))) as AgreementId
    await world.engine.apply(id, DONE)
    const untilSec = clock.nowSec + RESULT_KEPT_SEC
    const again = await createWorld({ store, clock })
    await again.engine.restart()
    expect(again.told).toContain(`kept ${id} ${untilSec}`)
    clock.nowSec = untilSec
    const late = await createWorld({ store, clock })
    await late.engine.restart()
    expect(late.told.filter(words => words.startsWith('kept'))).toEqual([])
    expect(await late.records.kept.get(id)).toBeUndefined()
  })
})
