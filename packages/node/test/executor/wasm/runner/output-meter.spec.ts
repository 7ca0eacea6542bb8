import { expect, it } from 'vitest'
import { createOutputMeter } from '../../../../src/executor/wasm/runner/output-meter.ts'

function createMeter(bytesMax: number) {
  const sent: [stream: string, text: string][] = []
  const meter = createOutputMeter(bytesMax, (stream, bytes) => sent.push([stream, Buffer.from(bytes).toString()]))
  return { meter, sent, write: (stream: 'stdout' | 'stderr', text: string) => meter.write(stream, Buffer.from(text)) }
}

it('sends the first words at once and small writes together', () => {
  const { meter, sent, write } = createMeter(1000)
  write('stdout', 'first')
  expect(sent).toEqual([['stdout', 'first']])
  for (let i = 0; i < 10; i++) write('stdout', '.')
  meter.flush()
  meter.flush()
  expect(sent.map(([, text]) => text).join('')).toBe('first..........')
  expect(sent.length).toBeLessThan(11)
})

it('keeps the order between the streams', () => {
  const { meter, sent, write } = createMeter(1_000_000)
  write('stdout', 'a')
  write('stderr', 'b')
  write('stdout', 'x'.repeat(100_000))
  write('stderr', 'c')
  meter.flush()
  expect(sent.map(([stream, text]) => [stream, text.length])).toEqual([
    ['stdout', 1],
    ['stderr', 1],
    ['stdout', 100_000],
    ['stderr', 1]
  ])
})

it('counts what is written and what leaves otherwise, but not its own notes', () => {
  const { meter, write } = createMeter(10)
  write('stdout', '1234')
  write('stderr', '567')
  meter.note('stderr', 'trap: a long explanation')
  meter.count(3)
  expect(() => meter.count(1)).toThrow(expect.objectContaining({ code: 'E_OUTPUT_LIMIT' }))
})
