import { describe, expect, it } from 'vitest'
import type { RpcReply } from '../../../src/chain/rpc/rpc-endpoint.ts'
import { commonBlock, vote } from '../../../src/chain/rpc/vote.ts'

const answers = (...replies: RpcReply[]) => replies.map((reply, i) => ({ endpoint: `e${i}`, reply }))
const ok = (result: unknown): RpcReply => ({ result })
const revert: RpcReply = { error: { code: 3, message: 'execution reverted', data: '0x' } }
const limit: RpcReply = { error: { code: -32005, message: 'query returned more than 10000 results', data: undefined } }

describe('vote', () => {
  it('believes what enough endpoints say alike, whatever the others say', () => {
    expect(vote(answers(ok('0x1'), ok('0x2'), ok('0x1')), 2)).toEqual({
      type: 'agreed',
      replies: [ok('0x1'), ok('0x1')]
    })
    expect(vote(answers(revert, ok('0x2'), revert), 2)).toMatchObject({ type: 'agreed', replies: [revert, revert] })
    expect(vote(answers(ok('0xAB'), ok('0xab')), 2)).toMatchObject({ type: 'agreed' })
  })

  it('is open while too few agree', () => {
    expect(vote([], 1)).toEqual({ type: 'open' })
    expect(vote(answers(ok('0x1')), 2)).toEqual({ type: 'open' })
    expect(vote(answers(ok('0x1'), ok('0x2'), ok('0x3')), 2)).toEqual({ type: 'open' })
    expect(vote(answers(ok('0x1'), revert), 2)).toEqual({ type: 'open' })
  })

  it("counts an endpoint's own trouble only when enough have nothing else", () => {
    expect(vote(answers(limit, ok('0x1'), ok('0x1')), 2)).toMatchObject({ replies: [ok('0x1'), ok('0x1')] })
    expect(vote(answers(limit, limit, ok('0x1')), 2)).toMatchObject({ replies: [limit, limit] })
    expect(vote(answers(limit, ok('0x1')), 2)).toEqual({ type: 'open' })
  })

  it('takes an answer that cannot be read as nobody else’s', () => {
    const keyOf = (result: unknown) => (result as { status: string }).status.toString()
    expect(vote(answers(ok(null), ok({ status: '0x1' }), ok({ status: '0x1', extra: 1 })), 2, keyOf)).toMatchObject({
      replies: [{}, {}]
    })
  })
})

describe('commonBlock', () => {
  const head = (number: number, timestampSec = number * 12) => ({ number, timestampSec })

  it('is the newest block that enough endpoints have', () => {
    expect(commonBlock([head(10), head(12), head(11)], 2, 60)).toBe(11)
    expect(commonBlock([head(10), head(12)], 2, 60)).toBe(10)
    expect(commonBlock([head(7)], 1, 60)).toBe(7)
  })

  it('leaves out who stands still, and who is alone far ahead', () => {
    expect(commonBlock([head(3), head(100), head(100)], 2, 60)).toBe(100)
    expect(commonBlock([head(1_000_000), head(100), head(99)], 2, 60)).toBe(99)
  })

  it('is unknown when no two are close, or there are too few', () => {
    expect(commonBlock([head(3), head(100)], 2, 60)).toBeUndefined()
    expect(commonBlock([head(3), head(100), head(1_000)], 2, 60)).toBeUndefined()
    expect(commonBlock([head(3)], 2, 60)).toBeUndefined()
    expect(commonBlock([head(0), head(5)], 2, 60)).toBe(0)
    expect(commonBlock([head(0), head(6)], 2, 60)).toBeUndefined()
  })
})
