import { type Check, diagnose } from '../../doctor/diagnose.ts'
import { examine } from '../../doctor/examine.ts'
import { isolationLevel } from '../../executor/isolation.ts'
import { EXIT } from '../errors/exit-codes.ts'
import type { Invocation } from '../host.ts'
import type { Output } from '../output/output.ts'
import type { Column } from '../output/table.ts'

interface DoctorOptions {
  strict?: boolean
}

/** Says what confines programs on this machine, what is missing and why. The exit code is 14 where they cannot be run. */
export async function examineMachine({ context, options }: Invocation<DoctorOptions>): Promise<number> {
  const { node } = await context.folder()
  const facts = await examine({ dataDir: node, signal: context.signal })
  const checks = diagnose(facts)
  const level = isolationLevel(facts.sandbox.isolation)
  await context.output.answer({
    json: { isolation: facts.sandbox.isolation, level, checks },
    names: () => facts.sandbox.isolation,
    human: output => renderChecks(checks, level, output)
  })
  return exitCodeFor(checks, options.strict === true)
}

/** For people: each check on a line, then what to do. */
export function renderChecks(
  checks: readonly Check[],
  level: string,
  { table, style }: Pick<Output, 'table' | 'style'>
): string {
  const todo = checks.flatMap(({ name, remedy }) => (remedy === undefined ? [] : [`  ${name}: ${remedy}`]))
  return [
    table(COLUMNS, checks),
    '',
    `isolation: ${style('bold', level)}`,
    ...(todo.length === 0 ? [] : ['', 'to do', ...todo])
  ].join('\n')
}

/** 0, unless there is trouble; a strict look takes nothing weak or missing either. */
export function exitCodeFor(checks: readonly Check[], strict: boolean): number {
  const isBad = ({ state }: Check) => state === 'trouble' || (strict && (state === 'missing' || state === 'weak'))
  return checks.some(isBad) ? EXIT.precondition : EXIT.ok
}

const COLOURS = { works: 'green', covered: 'green', weak: 'yellow', missing: 'yellow', trouble: 'red' } as const
const COLUMNS: readonly Column<Check>[] = [
  { title: 'check', cell: ({ name }) => name },
  { title: 'state', cell: ({ state }) => state, style: ({ state }) => COLOURS[state] },
  { title: 'detail', cell: ({ detail }) => detail, widthMin: 20 }
]
