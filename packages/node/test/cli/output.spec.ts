import { describe, expect, test } from 'vitest'
import { escapeLines, escapeText } from '../../src/cli/output/escape.ts'
import { toJson } from '../../src/cli/output/json.ts'
import { type Answer, createOutput, type Format } from '../../src/cli/output/output.ts'
import { toYaml } from '../../src/cli/output/yaml.ts'

const HOSTILE = 'eu\u001b[31m-\u009b2Jwest\u202e\r\n\u200b'
const SAFE = 'eu\\u001b[31m-\\u009b2Jwest\\u202e\\u000d\\u000a\\u200b'

describe('text of strangers', () => {
  test('cannot command a terminal', () => {
    expect(escapeText(HOSTILE)).toBe(SAFE)
    expect(escapeText('grüße 東京 🏝')).toBe('grüße 東京 🏝')
    expect(escapeText('\ud83c!')).toBe('\\ud83c!')
    expect(escapeLines('a\n\tb\u0007')).toBe('a\n\tb\\u0007')
  })

  test('means the same in JSON and YAML, with nothing unsafe in it', () => {
    const value = { [HOSTILE]: [HOSTILE, 'plain', '1'] }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    const unsafe = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u202e]/
    expect(toJson(value)).not.toMatch(unsafe)
    expect(JSON.parse(toJson(value))).toEqual(value)
    expect(toYaml(value)).not.toMatch(unsafe)
  })

  test('is safe in tables and errors', async () => {
    const { output, text } = outputOn({ columns: 200 })
    await output.answer(answerOf([{ region: HOSTILE, id: '0x1' }]))
    expect(text()).toContain(SAFE)
  })
})

test('big integers become decimal strings, bytes hex', () => {
  const value = { wei: 2n ** 128n - 1n, bytes: new Uint8Array([1, 255]), buffer: Buffer.from([2]) }
  expect(JSON.parse(toJson(value))).toEqual({
    wei: '340282366920938463463374607431768211455',
    bytes: '0x01ff',
    buffer: '0x02'
  })
})

describe('tables', () => {
  const rows = [
    { region: 'eu-west', id: `0x${'ab'.repeat(20)}` },
    { region: 'us', id: '0x2' }
  ]

  test('fit a narrow terminal by cutting what may be cut', async () => {
    const { output, text } = outputOn({ columns: 30, color: false })
    await output.answer(answerOf(rows))
    expect(
      text()
        .split('\n')
        .map(line => [...line].length)
        .every(length => length <= 30)
    ).toBe(true)
    expect(text()).toMatch(/^REGION {3}ID/)
    expect(text()).toMatch(/eu-west {2}0xab.*…/)
  })

  test('are whole when nobody watches', async () => {
    const { output, text } = outputOn({ columns: undefined })
    await output.answer(answerOf(rows))
    expect(text()).toContain(rows[0]!.id)
  })
})

describe('colour', () => {
  const painted = async (init: Parameters<typeof outputOn>[0]) => {
    const { output, text } = outputOn(init)
    await output.answer(answerOf([{ region: 'eu', id: '1' }]))
    return text().includes('\u001b[')
  }

  test('is for terminals whose owner did not refuse it', async () => {
    expect(await painted({ columns: 80 })).toBe(true)
    expect(await painted({ columns: 80, env: { NO_COLOR: '' } })).toBe(true)
    expect(await painted({ columns: 80, env: { NO_COLOR: '1' } })).toBe(false)
    expect(await painted({ columns: 80, env: { TERM: 'dumb' } })).toBe(false)
    expect(await painted({ columns: 80, color: false })).toBe(false)
    expect(await painted({ columns: undefined })).toBe(false)
  })
})

interface StreamInit {
  /** Of a terminal; undefined for a pipe. */
  columns: number | undefined
  env?: NodeJS.ProcessEnv
  color?: boolean
  format?: Format
}

function outputOn({ columns, env = {}, color = true, format = 'table' }: StreamInit) {
  let written = ''
  const write = (text: string) => {
    written += text
  }
  const stream = { isTTY: columns !== undefined, columns, write }
  const stdout = stream as unknown as NodeJS.WriteStream
  const output = createOutput({ stdout, stderr: stdout, env, color, format, quiet: false, verbose: false })
  return { output, text: () => written.trimEnd() }
}

function answerOf(rows: readonly { region: string; id: string }[]): Answer {
  return {
    json: { rows },
    names: () => rows.map(({ id }) => id),
    human: ({ table }) =>
      table(
        [
          { title: 'region', cell: row => row.region },
          { title: 'id', cell: row => row.id, widthMin: 8 }
        ],
        rows
      )
  }
}
