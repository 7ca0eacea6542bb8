import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { writeNetwork, writePassword } from './fixtures.ts'
import { runCli, temporaryFolder } from './run-cli.ts'

const NEW_WALLET = ['wallet', 'new', '--password-file', 'password']

describe('answers', () => {
  test('go to stdout alone, in every form', async () => {
    const home = temporaryFolder()
    writePassword(home)
    const made = await runCli([...NEW_WALLET, '--json'], { home })
    expect(made).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^Keep the file/) })
    const { address } = JSON.parse(made.stdout) as { address: string }
    expect(JSON.parse(made.stdout)).toMatchObject({ schemaVersion: 1, name: 'default' })

    const forms = ['table', 'json', 'yaml', 'name']
    const answers = await Promise.all(forms.map(form => runCli(['wallet', 'address', '-o', form], { home })))
    expect(answers.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual(forms.map(() => [0, '']))
    const [table, json, yaml, name] = answers.map(({ stdout }) => stdout)
    expect(table).toBe(`${address}\n`)
    expect(JSON.parse(json!)).toEqual({ schemaVersion: 1, name: 'default', address })
    expect(yaml).toBe(`schemaVersion: 1\nname: default\naddress: "${address}"\n`)
    expect(name).toBe(`${address}\n`)
  })

  test('say nothing else with --quiet', async () => {
    const home = temporaryFolder()
    writePassword(home)
    expect(await runCli([...NEW_WALLET, '-q'], { home })).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('are not painted when nobody watches', async () => {
    const { stdout, stderr } = await runCli(['wallet', 'address'])
    expect(stdout + stderr).not.toContain('\u001b')
  })

  test('survive a reader that left', async () => {
    const result = await runCli(['--help'], { during: child => child.stdout.destroy() })
    expect(result).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('to no command at all are its help, as a usage error', async () => {
    const result = await runCli([])
    expect(result).toMatchObject({ exitCode: 2, stdout: '' })
    expect(result.stderr).toMatch(/Usage: archipel/)
    expect(await runCli(['--version'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/)
    })
  })
})

describe('a command that waits', () => {
  test.for([
    { signal: 'SIGINT', exitCode: 130 },
    { signal: 'SIGTERM', exitCode: 143 }
  ] as const)('ends with $exitCode after $signal', async ({ signal, exitCode }) => {
    const { home, asked } = await withSilentChain()
    const result = await runCli(['wallet', 'balance'], {
      home,
      during: child => void asked.then(() => child.kill(signal))
    })
    expect(result).toMatchObject({ exitCode, stdout: '', stderr: `error[E_CANCELLED]: stopped by ${signal}\n` })
  })

  test('ends with 124 after --timeout', async () => {
    const { home } = await withSilentChain()
    const result = await runCli(['wallet', 'balance', '--timeout', '1.5s', '--json'], { home })
    expect(result).toMatchObject({ exitCode: 124, stdout: '' })
    expect(JSON.parse(result.stderr)).toMatchObject({ error: { code: 'E_TIMEOUT', facts: { timeoutMs: 1500 } } })
  })
})

/** A wallet and a network whose chain takes requests and never answers. */
async function withSilentChain() {
  const home = temporaryFolder()
  writePassword(home)
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => resolve())
  })
  await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => void server.close())
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  expect(await runCli(NEW_WALLET, { home })).toMatchObject({ exitCode: 0 })
  writeNetwork(home, `http://127.0.0.1:${address.port}`)
  return { home, asked }
}
