import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeKeystore, writeNetwork } from './fixtures.ts'
import { runCli, temporaryFolder } from './run-cli.ts'

interface Case {
  name: string
  args: string[]
  exitCode: number
  code: string
  message: RegExp
  hint?: RegExp
  env?: Record<string, string>
  prepare?: (home: string) => void
}

const CASES: Case[] = [
  {
    name: 'an unknown option, with a suggestion',
    args: ['wallet', 'address', '--jsn'],
    exitCode: 2,
    code: 'E_USAGE',
    message: /unknown option '--jsn'/,
    hint: /did you mean --json\?/
  },
  {
    name: 'an unknown command, with a suggestion',
    args: ['walet'],
    exitCode: 2,
    code: 'E_USAGE',
    message: /unknown command 'walet'/,
    hint: /did you mean wallet\?/
  },
  { name: 'a missing argument', args: ['escrow', 'deposit'], exitCode: 2, code: 'E_USAGE', message: /amount/ },
  {
    name: 'one argument too many',
    args: ['wallet', 'address', 'mine'],
    exitCode: 2,
    code: 'E_USAGE',
    message: /too many arguments/
  },
  {
    name: 'an unknown format',
    args: ['wallet', 'address', '-o', 'xml'],
    exitCode: 2,
    code: 'E_USAGE',
    message: /Allowed choices are table, json, yaml, name/
  },
  {
    name: 'an amount with an exponent',
    args: ['escrow', 'deposit', '1e3'],
    exitCode: 2,
    code: 'E_AMOUNT_INVALID',
    message: /"1e3" is not an amount/,
    hint: /0\.05/
  },
  {
    name: 'a negative amount',
    args: ['escrow', 'deposit', '--', '-1'],
    exitCode: 2,
    code: 'E_AMOUNT_INVALID',
    message: /"-1" is not an amount/
  },
  {
    name: 'an amount finer than the token',
    args: ['escrow', 'deposit', '0.0000000000000000001'],
    exitCode: 2,
    code: 'E_AMOUNT_INVALID',
    message: /more than 18 decimals/
  },
  {
    name: 'nothing to deposit',
    args: ['escrow', 'deposit', '0.00'],
    exitCode: 2,
    code: 'E_AMOUNT_INVALID',
    message: /more than zero/
  },
  {
    name: 'a bad duration',
    args: ['wallet', 'address', '--timeout', 'soon'],
    exitCode: 2,
    code: 'E_DURATION_INVALID',
    message: /--timeout: "soon"/
  },
  {
    name: 'a bad network name',
    args: ['wallet', 'address', '--network', '../etc'],
    exitCode: 2,
    code: 'E_USAGE',
    message: /--network: must be/
  },
  {
    name: 'a network nobody described',
    args: ['escrow', 'status'],
    prepare: home => writeKeystore(home),
    exitCode: 4,
    code: 'E_NO_NETWORK',
    message: /network\.json/,
    hint: /archipel devnet up/
  },
  {
    name: 'a wallet nobody made',
    args: ['wallet', 'address'],
    exitCode: 4,
    code: 'E_NO_WALLET',
    message: /no wallet default/,
    hint: /archipel wallet new/
  },
  {
    name: 'a node nobody started',
    args: ['node', 'status'],
    exitCode: 4,
    code: 'E_NODE_NOT_RUNNING',
    message: /no node is running/,
    hint: /archipel node start/
  },
  {
    name: 'a devnet that is not up',
    args: ['devnet', 'kill-region', 'eu-west'],
    exitCode: 4,
    code: 'E_NO_DEVNET',
    message: /no devnet is running/
  },
  {
    name: 'a key that others may read',
    args: ['wallet', 'address'],
    prepare: home => writeKeystore(home, 0o644),
    exitCode: 5,
    code: 'E_KEY_PERMISSIONS',
    message: /mode 644/,
    hint: /chmod 600/
  },
  {
    name: 'a file that is no keystore',
    args: ['wallet', 'address'],
    prepare: home => writeKeystore(home, 0o600, '{"version":1}'),
    exitCode: 5,
    code: 'E_KEYSTORE_INVALID',
    message: /not a keystore/
  },
  {
    name: 'a new wallet and nobody to type a password',
    args: ['wallet', 'new'],
    exitCode: 5,
    code: 'E_NO_PASSWORD',
    message: /password is needed/,
    hint: /--password-file/
  },
  {
    name: 'a broken configuration file',
    args: ['wallet', 'address'],
    prepare: home => writeFileSync(join(home, 'archipel.yaml'), 'network: devnet\nwallets: mine\n'),
    exitCode: 3,
    code: 'E_CONFIG_INVALID',
    message: /archipel\.yaml:2:1: wallets: unknown key/,
    hint: /known keys: .*passwordFile/
  },
  {
    name: 'a configuration file that is not there',
    args: ['wallet', 'address', '--config', 'other.yaml'],
    exitCode: 3,
    code: 'E_CONFIG_NOT_FOUND',
    message: /other\.yaml/
  },
  {
    name: 'a bad value in the environment',
    args: ['wallet', 'address'],
    env: { ARCHIPEL_RPC_URLS: 'ftp://somewhere' },
    exitCode: 3,
    code: 'E_CONFIG_INVALID',
    message: /ARCHIPEL_RPC_URLS/
  },
  {
    name: 'a network whose chain is away',
    args: ['wallet', 'balance'],
    prepare: home => {
      writeKeystore(home)
      writeNetwork(home, 'http://127.0.0.1:1')
    },
    exitCode: 11,
    code: 'E_RPC_DOWN',
    message: /./
  }
]

describe('what goes wrong is told by code, message and exit code', () => {
  test.for(CASES)('$name', async ({ args, env, prepare, exitCode, code, message, hint }) => {
    const home = temporaryFolder()
    prepare?.(home)
    const end = args.indexOf('--')
    const jsonArgs = end === -1 ? [...args, '--json'] : [...args.slice(0, end), '--json', ...args.slice(end)]
    const [forPeople, forPrograms] = await Promise.all(
      [args, jsonArgs].map(given => runCli(given, { home, ...(env && { env }) }))
    )

    expect(forPeople).toMatchObject({ exitCode, stdout: '' })
    const [first, ...hints] = forPeople!.stderr.trimEnd().split('\n')
    expect(first).toMatch(new RegExp(`^error\\[${code}\\]: `))
    expect(first).toMatch(message)
    if (hint) expect(hints.join('\n')).toMatch(hint)
    for (const line of hints) expect(line).toMatch(/^hint: /)

    expect(forPrograms).toMatchObject({ exitCode, stdout: '' })
    const parsed = JSON.parse(forPrograms!.stderr) as {
      schemaVersion: number
      error: { code: string; message: string }
    }
    expect(parsed).toMatchObject({ schemaVersion: 1, error: { code } })
    expect(parsed.error.message).toMatch(message)
  })
})
