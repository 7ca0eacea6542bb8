import { CodedError } from '@archipel/protocol'
import { describe, expect, test } from 'vitest'
import { createNodeLog, REDACTED } from '../../src/cli/node-log.ts'

function logOn(init: { isTTY: boolean; verbose?: boolean; quiet?: boolean }) {
  const lines: string[] = []
  const stderr = { isTTY: init.isTTY, write: (line: string) => lines.push(line) } as unknown as NodeJS.WriteStream
  const log = createNodeLog({
    stderr,
    verbose: init.verbose ?? false,
    quiet: init.quiet ?? false,
    style: (_, text) => text
  })
  return { log, lines }
}

describe('the log of a node', () => {
  test('is JSON for programs: time in UTC, level by name, facts, code of an error', () => {
    const { log, lines } = logOn({ isTTY: false })
    const err = new CodedError('E_NO_GAS', 'no coin', { facts: { balance: 5n } })
    log.warn({ err, peers: 3 }, 'could not\nredeem')
    const line = JSON.parse(lines[0]!)
    expect(line).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      err: { code: 'E_NO_GAS', message: 'no coin', facts: { balance: '5' } },
      peers: 3,
      msg: 'could not\nredeem'
    })
    expect(lines[0]).toMatch(/^[^\n]*\n$/)
  })

  test('is one safe line for people', () => {
    const { log, lines } = logOn({ isTTY: true })
    log.info({ region: 'eu\u001b[2J', peers: 3 }, 'running\u009b')
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}running\\u009b region=eu\\u001b\[2J peers=3\n$/)
  })

  test('keeps secrets to itself, wherever they stand', () => {
    const { log, lines } = logOn({ isTTY: false })
    for (const path of REDACTED) {
      const name = path.replace('*.', '')
      log.error(path.startsWith('*') ? { config: { [name]: 'hunter2' } } : { [name]: 'hunter2' }, 'oops')
    }
    expect(lines).toHaveLength(REDACTED.length)
    expect(lines.join('')).not.toContain('hunter2')
  })

  test('says as much as was asked for', () => {
    const said = (init: Parameters<typeof logOn>[0]) => {
      const { log, lines } = logOn(init)
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log[level]({}, level)
      return lines.map(line => JSON.parse(line).level)
    }
    expect(said({ isTTY: false })).toEqual(['info', 'warn', 'error'])
    expect(said({ isTTY: false, verbose: true })).toEqual(['debug', 'info', 'warn', 'error'])
    expect(said({ isTTY: false, quiet: true })).toEqual(['warn', 'error'])
  })
})
