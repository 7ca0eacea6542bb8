import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { namingPath } from '../../src/cli/run/output.ts'
import { openInput } from '../../src/cli/run/spec.ts'
import { createDevnetKey } from '../../src/devnet/keys.ts'
import { networkRoot, writeNetwork } from './fixtures.ts'
import { runCli, temporaryFolder } from './run-cli.ts'

/** A module without anything in it: as much of a program as these tests come to. */
const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
const RUN = ['run', '--wasm', 'program.wasm', '--max-price', '0.05']

function home(): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'program.wasm'), MODULE)
  return folder
}

interface Case {
  name: string
  args: string[]
  exitCode: number
  code: string
  message: RegExp
  prepare?: (home: string) => void
}

const CASES: Case[] = [
  { name: 'no price ceiling', args: ['run', '--wasm', 'x'], exitCode: 2, code: 'E_USAGE', message: /--max-price/ },
  { name: 'no program', args: ['run', '--max-price', '1'], exitCode: 2, code: 'E_USAGE', message: /--wasm/ },
  { name: 'a mistyped option', args: [...RUN, '--replica', '3'], exitCode: 2, code: 'E_USAGE', message: /--replica'/ },
  { name: 'a bad amount', args: [...RUN, '--max-price', '-1'], exitCode: 2, code: 'E_AMOUNT_INVALID', message: /"-1"/ },
  {
    name: 'a quorum that is no majority',
    args: [...RUN, '--replicas', '4', '--quorum', '2'],
    exitCode: 2,
    code: 'E_QUORUM_ABSURD',
    message: /2 of 4 is no quorum/
  },
  {
    name: 'a program that is not there',
    args: [...RUN, '--wasm', 'none.wasm'],
    exitCode: 4,
    code: 'E_FILE_NOT_FOUND',
    message: /none\.wasm: no such file/
  },
  {
    name: 'a program that is none',
    args: [...RUN, '--wasm', 'notes.txt'],
    prepare: folder => writeFileSync(join(folder, 'notes.txt'), 'not a program'),
    exitCode: 126,
    code: 'E_NOT_WASM',
    message: /notes\.txt is not a WebAssembly module/
  },
  {
    name: 'an input folder that is not there',
    args: [...RUN, '--input', 'none'],
    exitCode: 4,
    code: 'E_FILE_NOT_FOUND',
    message: /none: no such file or folder/
  },
  {
    name: 'an output folder with files in it',
    args: [...RUN, '--output', 'full'],
    prepare: folder => {
      mkdirSync(join(folder, 'full'))
      writeFileSync(join(folder, 'full/mine'), 'x')
    },
    exitCode: 13,
    code: 'E_CONTENT_EXISTS',
    message: /full is not empty/
  },
  {
    name: 'no network',
    args: RUN,
    exitCode: 4,
    code: 'E_NO_NETWORK',
    message: /network\.json/
  }
]

describe('a run that cannot begin', () => {
  test.for(CASES)('says so: $name', async ({ args, prepare, exitCode, code, message }) => {
    const folder = home()
    prepare?.(folder)
    const [forPeople, forPrograms] = await Promise.all(
      [args, [...args, '--json']].map(given => runCli(given, { home: folder }))
    )
    expect(forPeople).toMatchObject({ exitCode, stdout: '' })
    expect(forPeople!.stderr).toMatch(new RegExp(`^error\\[${code}\\]: `))
    expect(forPeople!.stderr).toMatch(message)
    expect(forPrograms).toMatchObject({ exitCode, stdout: '' })
    expect(JSON.parse(forPrograms!.stderr)).toMatchObject({ schemaVersion: 1, error: { code } })
  })

  test('because its chain is away', async () => {
    const folder = home()
    await createDevnetKey(join(networkRoot(folder), 'keystore'), 'default')
    writeNetwork(folder, 'http://127.0.0.1:1')
    const result = await runCli(RUN, { home: folder })
    expect(result).toMatchObject({ exitCode: 11, stdout: '', stderr: expect.stringMatching(/^error\[E_RPC_DOWN\]: /) })
  })

  test('because it was stopped tells that nothing was paid', async () => {
    const folder = home()
    await createDevnetKey(join(networkRoot(folder), 'keystore'), 'default')
    const { port, asked } = await silentServer()
    writeNetwork(folder, `http://127.0.0.1:${port}`)
    const result = await runCli(RUN, { home: folder, during: child => void asked.then(() => child.kill('SIGINT')) })
    expect(result).toMatchObject({ exitCode: 130, stdout: '' })
    expect(result.stderr).toBe('Nothing was agreed and nothing was paid.\nerror[E_CANCELLED]: stopped by SIGINT\n')
  })
})

describe('input that cannot be sent', () => {
  test('is named, with the file at fault', async () => {
    const folder = home()
    mkdirSync(join(folder, 'input'))
    symlinkSync('/etc/passwd', join(folder, 'input/link'))
    const entries = await openInput(join(folder, 'input'), new AbortController().signal)
    const err = await Array.fromAsync(entries).catch(namingPath)
    expect(err).toMatchObject({
      code: 'E_CONTENT_SYMLINK',
      message: expect.stringContaining(join(folder, 'input/link')),
      hint: expect.stringMatching(/replace it/)
    })
    expect(namingPath(err)).toBe(err)
  })
})

describe('help', () => {
  test('names every option of a run', async () => {
    const { exitCode, stdout } = await runCli(['run', '--help'])
    expect(exitCode).toBe(0)
    const names = ['wasm', 'max-price', 'input', 'output', 'force', 'replicas', 'quorum', 'spread', 'region', 'memory']
    for (const name of [
      ...names,
      'cpu',
      'disk',
      'duration',
      'deadline',
      'env',
      'dry-run',
      'argv0',
      'json',
      'limit-day',
      'limit-provider'
    ]) {
      expect(stdout).toContain(`--${name}`)
    }
  })
})

/** Takes requests and never answers. */
async function silentServer(): Promise<{ port: number; asked: Promise<void> }> {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => resolve())
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  return { port: (server.address() as { port: number }).port, asked }
}
