import { describe, expect, it } from 'vitest'
import { createAnswerCollector } from '../../../src/executor/wasm/answer-collector.ts'
import { FRAME } from '../../../src/executor/wasm/runner/wire.ts'

const json = (value: unknown) => Buffer.from(JSON.stringify(value))
const done = json({ exitCode: 0, runMs: 1, cpuMs: 1, memoryBytes: 0 })
const died = expect.objectContaining({ code: 'E_RUNNER_DIED' })

function collector(outputBytesMax = 1000) {
  const { take } = createAnswerCollector({ outputBytes: outputBytesMax }, {})
  return { take, file: (path: unknown, sizeBytes: unknown) => take(FRAME.file, json({ path, sizeBytes })) }
}

describe('a sound runner', () => {
  it('tells once that the program begins to run', () => {
    let started = 0
    const { take } = createAnswerCollector({ outputBytes: 1000 }, { onStarted: () => started++ })
    expect(take(FRAME.started, Buffer.alloc(0))).toBe('more')
    expect(started).toBe(1)
    expect(() => take(FRAME.started, Buffer.alloc(0))).toThrow(died)
  })

  it('gets its answer put together', () => {
    const { take, file } = collector()
    take(FRAME.stdout, Buffer.from('he'))
    take(FRAME.stderr, Buffer.from('!'))
    take(FRAME.stdout, Buffer.from('llo'))
    file('a', 3)
    take(FRAME.data, Buffer.from('ab'))
    take(FRAME.data, Buffer.from('c'))
    file('b/c', 0)
    const step = take(FRAME.done, done) as {
      result: { stdout: Uint8Array; files: { path: string; bytes: Uint8Array }[] }
    }
    expect(Buffer.from(step.result.stdout).toString()).toBe('hello')
    expect(step.result.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString()])).toEqual([
      ['a', 'abc'],
      ['b/c', '']
    ])
    expect(step.result).toMatchObject({ exitCode: 0, usage: { runMs: 1, memoryBytes: 0, outputBytes: 9 } })
  })

  it('tells of progress and of the fuel in the end, where that is limited', () => {
    const told: number[] = []
    const limits = { outputBytes: 1000, fuel: 100 }
    const { take } = createAnswerCollector(limits, { onProgress: fuel => told.push(fuel) })
    for (const fuel of [0, 50, 50, 100]) expect(take(FRAME.progress, json({ fuel }))).toBe('more')
    expect(told).toEqual([0, 50, 50, 100])
    expect(take(FRAME.done, json({ exitCode: 0, runMs: 1, cpuMs: 0, memoryBytes: 0, fuel: 100 }))).toMatchObject({
      result: { usage: { fuel: 100 } }
    })
  })

  it('may report a failure that is known', () => {
    const failure = { code: 'E_DISK_LIMIT', message: 'full', facts: { used: 1 } }
    expect(collector().take(FRAME.done, json({ failure }))).toMatchObject({
      failure: { code: 'E_DISK_LIMIT', facts: { used: 1, fault: 'program' } }
    })
  })
})

describe('a runner taken over by its program', () => {
  it('cannot go backwards, or use more fuel than there is, or none at all', () => {
    const limited = () => createAnswerCollector({ outputBytes: 1000, fuel: 100 }, {})
    const { take } = limited()
    take(FRAME.progress, json({ fuel: 60 }))
    for (const fuel of [59, 101, -1, 1.5, '70', null]) {
      expect(() => take(FRAME.progress, json({ fuel }))).toThrow(died)
    }
    for (const fuel of [101, -1, 1.5, '70', null, undefined]) {
      expect(() => limited().take(FRAME.done, json({ exitCode: 0, runMs: 1, memoryBytes: 0, fuel }))).toThrow(died)
    }
    expect(() => collector().take(FRAME.progress, json({ fuel: 1 }))).toThrow(died)
    expect(() => collector().take(FRAME.done, json({ exitCode: 0, runMs: 1, memoryBytes: 0, fuel: 1 }))).toThrow(died)
  })

  it.each(['', '/etc/cron.d/x', '../x', 'a/../../x', 'a//b', './a', 'a\0b', 'x'.repeat(4097), 7, null])(
    'cannot name an output file %j',
    path => {
      expect(() => collector().file(path, 0)).toThrow(died)
    }
  )

  it.each([-1, 1.5, '1', null, 2 ** 60])('cannot announce a file of %j bytes', size => {
    expect(() => collector().file('a', size)).toThrow(died)
  })

  it('cannot give a file twice, or files out of order', () => {
    for (const second of ['b', 'a']) {
      const { file } = collector()
      file('b', 0)
      expect(() => file(second, 0)).toThrow(died)
    }
  })

  it('cannot put out more than the job allows and a little', () => {
    for (const type of [FRAME.stdout, FRAME.stderr]) {
      const { take } = collector(1000)
      take(type, Buffer.alloc(1000 + 4096))
      expect(() => take(type, Buffer.alloc(1))).toThrow(died)
    }
    expect(() => collector(1000).file('a', 1000 + 4097)).toThrow(died)
  })

  it('cannot send data that belongs nowhere, or too much or too little of it', () => {
    expect(() => collector().take(FRAME.data, Buffer.alloc(1))).toThrow(died)
    const { take, file } = collector()
    file('a', 2)
    expect(() => take(FRAME.data, Buffer.alloc(3))).toThrow(died)
    expect(() => take(FRAME.done, done)).toThrow(died)
  })

  it.each([
    ['{', 'not JSON'],
    ['7', 'no object'],
    ['{}', 'nothing'],
    ['{"exitCode":-1,"runMs":0,"cpuMs":0,"memoryBytes":0}', 'a negative exit code'],
    ['{"exitCode":4294967296,"runMs":0,"cpuMs":0,"memoryBytes":0}', 'a large exit code'],
    ['{"exitCode":0,"runMs":1e999,"cpuMs":0,"memoryBytes":0}', 'endless time'],
    ['{"exitCode":0,"runMs":0,"memoryBytes":0}', 'no processor time'],
    ['{"failure":{"code":"E_NO_SUCH","message":"x"}}', 'an unknown failure'],
    ['{"failure":7}', 'an empty failure']
  ])('cannot end a job with %s: %s', payload => {
    expect(() => collector().take(FRAME.done, Buffer.from(payload))).toThrow(died)
  })

  it('cannot use types of frames that are not its own', () => {
    for (const type of [FRAME.job, FRAME.run, FRAME.ready, 0, 99]) {
      expect(() => collector().take(type, Buffer.alloc(0))).toThrow(died)
    }
  })
})
