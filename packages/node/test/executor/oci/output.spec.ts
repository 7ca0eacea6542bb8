import { Header, Pax } from 'tar'
import { describe, expect, it } from 'vitest'
import { OUTPUT_FILES_MAX } from '../../../src/executor/oci/limits.ts'
import { createOutputMeter } from '../../../src/executor/oci/run/output.ts'
import { never, text } from '../jobs.ts'

function entry(fields: object, content = ''): Buffer {
  const bytes = Buffer.from(content)
  const header = new Header({ path: 'output/x', size: bytes.length, mode: 0o644, mtime: new Date(0), ...fields })
  const pax = header.encode() ? new Pax({ path: header.path!, size: header.size! }).encode() : Buffer.alloc(0)
  return Buffer.concat([pax, header.block!, bytes, Buffer.alloc(-bytes.length & 511)])
}

async function* piecesOf(entries: Buffer[]) {
  yield* entries
  yield Buffer.alloc(1024)
}

async function take(entries: Buffer[], bytesMax = 1000) {
  const meter = createOutputMeter(bytesMax, undefined)
  await meter.takeFolder(piecesOf(entries), never)
  return meter.take()
}

const file = (path: string, content: string) => entry({ type: 'File', path }, content)
const paths = async (entries: Buffer[]) => (await take(entries)).files.map(({ path }) => path)

describe('an output folder', () => {
  it('gives its files below its own name, in order', async () => {
    const { files, outputBytes } = await take([
      entry({ type: 'Directory', path: 'output/' }),
      file('output/b', '22'),
      entry({ type: 'Directory', path: 'output/a/' }),
      file('output/a/c', '333')
    ])
    expect(files.map(({ path, bytes }) => [path, text(bytes)])).toEqual([
      ['a/c', '333'],
      ['b', '22']
    ])
    expect(outputBytes).toBe(5)
  })

  it('leaves out links, devices and pipes', async () => {
    expect(
      await paths([
        entry({ type: 'SymbolicLink', path: 'output/l', linkpath: '/etc/passwd' }),
        entry({ type: 'Link', path: 'output/h', linkpath: 'output/x' }),
        entry({ type: 'CharacterDevice', path: 'output/d' }),
        entry({ type: 'BlockDevice', path: 'output/e' }),
        entry({ type: 'FIFO', path: 'output/f' }),
        file('output/x', '1')
      ])
    ).toEqual(['x'])
  })

  it.each(['output/../up', 'output//etc/passwd', 'output/a/./b', `output/${'n'.repeat(256)}`])(
    'hands over no path that leads elsewhere: %s',
    async path => {
      await expect(take([file(path, 'x')])).rejects.toMatchObject({ code: 'E_OUTPUT_LIMIT' })
    }
  )

  it('is counted to the byte, before there is room for it', async () => {
    expect((await take([file('output/a', '12345')], 5)).outputBytes).toBe(5)
    await expect(take([file('output/a', '123456')], 5)).rejects.toMatchObject({ code: 'E_OUTPUT_LIMIT' })
    await expect(take([entry({ type: 'File', size: 2 ** 42 })])).rejects.toMatchObject({ code: 'E_OUTPUT_LIMIT' })
  })

  it('has a bound on its files', async () => {
    const files = Array.from({ length: OUTPUT_FILES_MAX }, (_, i) => file(`output/${i}`, ''))
    expect(await paths(files)).toHaveLength(OUTPUT_FILES_MAX)
    await expect(take([...files, file('output/more', '')])).rejects.toMatchObject({ code: 'E_OUTPUT_LIMIT' })
  })

  it('that is no archive is the engine’s fault', async () => {
    await expect(take([Buffer.alloc(512, 'x')])).rejects.toMatchObject({
      code: 'E_RUNNER_DIED',
      facts: { fault: 'host' }
    })
  })
})

describe('what is printed', () => {
  it('counts together with files, and is heard from the start on', async () => {
    const heard: string[] = []
    const meter = createOutputMeter(6, (stream, bytes) => heard.push(`${stream} ${text(bytes)}`))
    meter.print('stdout', Buffer.from('ab'))
    expect(heard).toEqual([])
    meter.start()
    meter.print('stderr', Buffer.from('cd'))
    expect(heard).toEqual(['stdout ab', 'stderr cd'])
    await meter.takeFolder(piecesOf([file('output/x', 'ef')]), never)
    expect(() => meter.print('stdout', Buffer.from('g'))).toThrow(expect.objectContaining({ code: 'E_OUTPUT_LIMIT' }))
  })
})
