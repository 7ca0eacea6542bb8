import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openInput, parseTerms, type RunOptions, readProgram } from '../../src/cli/run/spec.ts'
import { temporaryFolder } from '../config/temporary-folder.ts'

const OPTIONS: RunOptions = {
  wasm: '/programs/esbuild.wasm',
  replicas: '3',
  spread: 'operator',
  maxPrice: '0.05',
  memory: '512MiB',
  cpu: '1',
  disk: '1GiB',
  duration: '60s',
  deadline: '10m'
}
const code = (name: string) => expect.objectContaining({ code: name })
const never = new AbortController().signal

describe('what was asked for', () => {
  test('is read into terms', () => {
    const options = { ...OPTIONS, region: ['eu-west'], env: ['A=1', 'B='], cpu: '0.5' }
    expect(parseTerms(options, ['--bundle', 'x'])).toEqual({
      runtime: 'wasm',
      args: ['esbuild', '--bundle', 'x'],
      env: ['A=1', 'B='],
      resources: { cpuMillis: 500, memoryBytes: 512 * 2 ** 20, diskBytes: 2 ** 30 },
      durationSec: 60,
      fuel: 240e9,
      priceMax: 5n * 10n ** 16n,
      deadlineSec: 600,
      replicas: 3,
      quorum: 2,
      spread: 'operator',
      regions: ['eu-west']
    })
  })

  test('gives the program the name of its file, or another', () => {
    const nameOf = (change: Partial<RunOptions>) => parseTerms({ ...OPTIONS, ...change }, []).args[0]
    expect(nameOf({ wasm: 'a/b/jq.wasm' })).toBe('jq')
    expect(nameOf({ wasm: 'tool' })).toBe('tool')
    expect(nameOf({ argv0: 'node' })).toBe('node')
  })

  test.each<[number, number]>([
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 3],
    [5, 3]
  ])('of %i replicas has %i agree unless told otherwise', (replicas, quorum) => {
    expect(parseTerms({ ...OPTIONS, replicas: String(replicas) }, []).quorum).toBe(quorum)
  })

  test.each<[Partial<RunOptions>, string]>([
    [{ replicas: '0' }, 'E_USAGE'],
    [{ replicas: 'three' }, 'E_USAGE'],
    [{ replicas: '33' }, 'E_QUORUM_ABSURD'],
    [{ quorum: '1' }, 'E_QUORUM_ABSURD'],
    [{ quorum: '4' }, 'E_QUORUM_ABSURD'],
    [{ quorum: '-1' }, 'E_USAGE'],
    [{ spread: 'planet' }, 'E_USAGE'],
    [{ maxPrice: '0' }, 'E_AMOUNT_INVALID'],
    [{ maxPrice: '1e-3' }, 'E_AMOUNT_INVALID'],
    [{ memory: 'much' }, 'E_SIZE_INVALID'],
    [{ disk: '-1' }, 'E_SIZE_INVALID'],
    [{ cpu: '0' }, 'E_USAGE'],
    [{ cpu: '1.0001' }, 'E_USAGE'],
    [{ duration: '60' }, 'E_DURATION_INVALID'],
    [{ deadline: 'soon' }, 'E_DURATION_INVALID'],
    [{ fuel: 'much' }, 'E_FUEL_INVALID'],
    [{ env: ['=x'] }, 'E_USAGE'],
    [{ env: ['HOME'] }, 'E_USAGE'],
    [{ image: 'image.tar' }, 'E_USAGE']
  ])('is refused: %o', (change, expected) => {
    expect(() => parseTerms({ ...OPTIONS, ...change }, [])).toThrow(code(expected))
  })
})

test('fuel is what was said, else what a fast processor burns in the time, and none of an image', () => {
  const fuelOf = (change: Partial<RunOptions>) => parseTerms({ ...OPTIONS, ...change }, []).fuel
  expect(fuelOf({ fuel: '1.5G' })).toBe(1.5e9)
  expect(fuelOf({ duration: '10s' })).toBe(40e9)
  expect(fuelOf({ fuel: 'none' })).toBe(0)
  expect(fuelOf({ duration: '366d' })).toBe(Number.MAX_SAFE_INTEGER)
  const { wasm, ...others } = OPTIONS
  expect(parseTerms({ ...others, image: 'image.tar' }, []).fuel).toBe(0)
  expect(() => parseTerms({ ...others, image: 'image.tar', fuel: '1G' }, [])).toThrow(code('E_USAGE'))
  expect(wasm).toBeDefined()
})

describe('an image', () => {
  const digest = `sha256:${'0a'.repeat(32)}`
  const { wasm, ...others } = OPTIONS

  test('is another kind of program, whose name is nothing to it', () => {
    expect(wasm).toBeDefined()
    expect(parseTerms({ ...others, image: 'image.tar' }, ['x'])).toMatchObject({ runtime: 'oci', args: ['oci', 'x'] })
    expect(() => parseTerms(others, [])).toThrow(code('E_USAGE'))
  })

  test('is a file, or named by its digest', async () => {
    const file = join(temporaryFolder(), 'image.tar')
    writeFileSync(file, 'anything')
    expect(Buffer.from(await readProgram({ image: file })).toString()).toBe('anything')
    const reference = `registry.example/team/image@${digest}`
    expect(Buffer.from(await readProgram({ image: reference })).toString()).toBe(reference)
    await expect(readProgram({ image: 'alpine:latest' })).rejects.toThrow(code('E_USAGE'))
    truncateSync(file, 256 * 2 ** 20 + 1)
    await expect(readProgram({ image: file })).rejects.toThrow(code('E_FILE_TOO_LARGE'))
  })
})

describe('the program', () => {
  const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)

  test('is a WebAssembly module', async () => {
    const file = join(temporaryFolder(), 'empty.wasm')
    writeFileSync(file, MODULE)
    expect(await readProgram({ wasm: file })).toEqual(MODULE)
  })

  test.each<[string, Uint8Array | string, RegExp]>([
    ['text', 'int main() {}', /is not a WebAssembly module/],
    ['nothing', '', /is not a WebAssembly module/],
    ['half a header', MODULE.subarray(0, 6), /is not a WebAssembly module/],
    ['a component', Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), /is a WebAssembly component, not a core module/]
  ])('is not %s', async (_, bytes, message) => {
    const file = join(temporaryFolder(), 'program.wasm')
    writeFileSync(file, bytes)
    await expect(readProgram({ wasm: file })).rejects.toThrow(code('E_NOT_WASM'))
    await expect(readProgram({ wasm: file })).rejects.toThrow(message)
  })

  test('is a file of bounded size', async () => {
    const folder = temporaryFolder()
    await expect(readProgram({ wasm: folder })).rejects.toThrow(code('E_NOT_WASM'))
    await expect(readProgram({ wasm: join(folder, 'none.wasm') })).rejects.toThrow(code('ENOENT'))
    const file = join(folder, 'large.wasm')
    writeFileSync(file, MODULE)
    truncateSync(file, 64 * 2 ** 20 + 1)
    await expect(readProgram({ wasm: file })).rejects.toThrow(code('E_FILE_TOO_LARGE'))
  })
})

describe('the input', () => {
  test('is a folder', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'src'))
    writeFileSync(join(folder, 'src/main.js'), 'x')
    const entries = await Array.fromAsync(await openInput(folder, never), ({ path }) => path)
    expect(entries).toEqual(['src', 'src/main.js'])
    await expect(openInput(join(folder, 'src/main.js'), never)).rejects.toThrow(code('E_USAGE'))
    await expect(openInput(join(folder, 'none'), never)).rejects.toThrow(code('ENOENT'))
  })
})
