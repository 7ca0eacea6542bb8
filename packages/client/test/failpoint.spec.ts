import { describe, expect, it } from 'vitest'
import { createFailpoint, FAILPOINT_VARIABLE, FAILPOINTS } from '../src/failpoint.ts'

function host(value: string | undefined) {
  const kills: string[] = []
  return {
    kills,
    pid: 7,
    env: { [FAILPOINT_VARIABLE]: value },
    kill: (pid: number, signal: string) => kills.push(`${pid} ${signal}`)
  }
}

describe('a failpoint', () => {
  it.each([undefined, ''])('does nothing when none is named (%s)', value => {
    const quiet = host(value)
    const failpoint = createFailpoint(quiet)
    for (const name of FAILPOINTS) failpoint(name)
    expect(quiet.kills).toEqual([])
  })

  it('does nothing where there are no processes', () => {
    expect(() => createFailpoint(undefined)('transaction.sent')).not.toThrow()
  })

  it('ends the process the first time it is reached, and no other does', () => {
    const dying = host('provider.payment.stored')
    const failpoint = createFailpoint(dying)
    failpoint('provider.payment.before')
    expect(dying.kills).toEqual([])
    failpoint('provider.payment.stored')
    expect(dying.kills).toEqual(['7 SIGKILL'])
  })

  it('ends it the nth time, counted from one', () => {
    const dying = host('provider.payment.stored:3')
    const failpoint = createFailpoint(dying)
    failpoint('provider.payment.stored')
    failpoint('provider.payment.stored')
    expect(dying.kills).toEqual([])
    failpoint('provider.payment.stored')
    expect(dying.kills).toEqual(['7 SIGKILL'])
  })

  it.each(['provider.payment', 'provider.payment.stored:0', 'provider.payment.stored:', 'x'])('refuses %s', text => {
    expect(() => createFailpoint(host(text))).toThrowError(expect.objectContaining({ code: 'E_FAILPOINT_UNKNOWN' }))
  })

  it('has each name once', () => {
    expect(new Set(FAILPOINTS).size).toBe(FAILPOINTS.length)
  })
})
