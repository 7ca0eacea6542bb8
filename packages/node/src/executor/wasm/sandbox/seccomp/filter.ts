import { answer, DATA, encode, type Instruction, ifAnyBit, ifAtLeast, ifEqual, JUMP_MAX, jump, load } from './bpf.ts'
import { ABSENT, ALLOWED, type ArgumentRule, BY_ARGUMENT, REFUSED } from './policy.ts'
import { SYSCALLS, type SyscallName } from './syscalls.ts'

/** Architectures that the filter is written for, as Node calls them. */
export type Architecture = 'x64' | 'arm64'

const ARCHITECTURES = {
  x64: { audit: 0xc000003e, column: 0 },
  arm64: { audit: 0xc00000b7, column: 1 }
} as const satisfies Record<Architecture, { audit: number; column: 0 | 1 }>

/** Calls of the x32 interface come with this bit, under the architecture of x64. */
const X32_BIT = 0x40000000

const EPERM = 1
const ENOSYS = 38
const errno = (code: number) => 0x00050000 | code
export const VERDICT = { allow: 0x7fff0000, kill: 0x80000000, refuse: errno(EPERM), absent: errno(ENOSYS) } as const

/** The filter for this architecture, as bubblewrap's `--seccomp` reads it; undefined where there is none. */
export function seccompFilter(architecture: string): Buffer | undefined {
  return Object.hasOwn(ARCHITECTURES, architecture) ? encode(assembleFilter(architecture as Architecture)) : undefined
}

/**
 * The verdict on a call by its number and, for a few, one argument. The kernel remembers the numbers that are allowed
 * whatever the arguments, so the length of the lists costs a runner nothing.
 */
export function assembleFilter(architecture: Architecture): Instruction[] {
  const { audit, column } = ARCHITECTURES[architecture]
  const numbersOf = (names: readonly SyscallName[]) =>
    names.map(name => SYSCALLS[name][column]).filter(number => number !== undefined)
  return [
    // A call by another architecture's numbers would be judged by the wrong table.
    ...[load(DATA.architecture), ifEqual(audit, 1), answer(VERDICT.kill)],
    ...[load(DATA.number), ifAtLeast(X32_BIT, 0, 1), answer(VERDICT.kill)],
    ...oneOf(numbersOf(ALLOWED), VERDICT.allow),
    ...BY_ARGUMENT.flatMap(rule => numbersOf([rule.call]).flatMap(number => byArgument(number, rule))),
    ...oneOf(numbersOf(REFUSED), VERDICT.refuse),
    ...oneOf(numbersOf(ABSENT), VERDICT.absent),
    answer(VERDICT.absent)
  ]
}

/** `verdict` for the values of a list, in pieces that a conditional jump can cross. */
function oneOf(values: readonly number[], verdict: number): Instruction[] {
  if (values.length > JUMP_MAX)
    return [...oneOf(values.slice(0, JUMP_MAX), verdict), ...oneOf(values.slice(JUMP_MAX), verdict)]
  const tests = values.map((value, index) => ifEqual(value, values.length - index))
  return [...tests, jump(1), answer(verdict)]
}

function byArgument(number: number, { argument, allowed }: ArgumentRule): Instruction[] {
  const tests =
    'bit' in allowed ? [ifAnyBit(allowed.bit, 0, 1), answer(VERDICT.allow)] : oneOf(allowed.values, VERDICT.allow)
  const judged = [load(DATA.argument(argument)), ...tests, answer(VERDICT.refuse)]
  return [ifEqual(number, 0, judged.length), ...judged]
}
