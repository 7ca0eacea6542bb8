import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { addGlobalFlags, type GlobalFlags, readGlobalFlags, wantsJson } from '../../src/cli/flags.ts'

/** Flags as seen by `program run`, which has an `--output` and an `--input` of its own, or by `program ls`. */
function parse(...argv: string[]): { flags: GlobalFlags; options: Record<string, unknown> } {
  let seen: Command | undefined
  const program = new Command('archipel').exitOverride().enablePositionalOptions()
  program.configureOutput({ writeErr: () => {}, outputError: () => {} })
  const note = (...passed: unknown[]) => {
    seen = passed.at(-1) as Command
  }
  const run = program
    .command('run')
    .option('--output <folder>')
    .option('--input <folder>')
    .argument('[args...]')
    .action(note)
  const ls = program.command('ls').action(note)
  for (const command of [program, run, ls]) addGlobalFlags(command)
  program.parse(argv, { from: 'user' })
  return { flags: readGlobalFlags(seen!), options: seen!.opts() }
}

describe('global flags', () => {
  test('may stand before and after the command; the later one wins', () => {
    expect(parse('ls').flags).toMatchObject({ format: 'table', color: true, interactive: true, quiet: false })
    expect(parse('-o', 'json', 'ls').flags.format).toBe('json')
    expect(parse('-o', 'json', 'ls', '-o', 'yaml').flags.format).toBe('yaml')
    expect(parse('--json', 'ls').flags.format).toBe('json')
    expect(parse('--no-color', 'ls', '--no-input', '-qvy').flags).toMatchObject({
      color: false,
      interactive: false,
      quiet: true,
      verbose: true,
      yes: true
    })
  })

  test('leave a command its own --output and --input', () => {
    const { flags, options } = parse('run', '--output', 'out', '--input', 'in', '-o', 'yaml', '--no-input')
    expect(options).toMatchObject({ output: 'out', input: 'in' })
    expect(flags).toMatchObject({ format: 'yaml', interactive: false })
    expect(parse('run', '--format', 'json').flags.format).toBe('json')
    expect(parse('--output', 'json', 'run', '--output', 'out')).toMatchObject({
      flags: { format: 'json' },
      options: { output: 'out' }
    })
  })

  test('are not looked for in what follows --', () => {
    const { flags } = parse('run', '--', '--json', '-q')
    expect(flags).toMatchObject({ format: 'table', quiet: false })
  })

  test('refuse a format nobody knows', () => {
    expect(() => parse('ls', '-o', 'xml')).toThrow(/Allowed choices are table, json, yaml, name/)
  })
})

test.for([
  [['--json'], true],
  [['-o', 'json'], true],
  [['-ojson'], true],
  [['--output=json', '--bad'], true],
  [['--format', 'json'], true],
  [['json'], false],
  [['-o', 'yaml'], false],
  [['run', '--', '--json'], false]
] as const)('errors in %j are JSON: %s', ([argv, isJson]) => {
  expect(wantsJson(argv)).toBe(isJson)
})
