import { describe, expect, it } from 'vitest'
import { DATA, encode, ifEqual, JUMP_MAX, load } from '../../../../src/executor/wasm/sandbox/seccomp/bpf.ts'
import { type Architecture, seccompFilter, VERDICT } from '../../../../src/executor/wasm/sandbox/seccomp/filter.ts'
import { ABSENT, ALLOWED, BY_ARGUMENT, REFUSED } from '../../../../src/executor/wasm/sandbox/seccomp/policy.ts'
import { SYSCALLS, type SyscallName } from '../../../../src/executor/wasm/sandbox/seccomp/syscalls.ts'

const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 } as const
const COLUMN = { x64: 0, arm64: 1 } as const
const BOTH: Architecture[] = ['x64', 'arm64']
/** i386's, by which a 64-bit process can call too. */
const AUDIT_I386 = 0x40000003

/** What the kernel's machine comes to: an independent reading of the bytes, for what a filter may contain. */
function judge(filter: Buffer, call: { architecture: number; number: number; args?: number[] }): number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(call.number, DATA.number)
  data.writeUInt32LE(call.architecture, DATA.architecture)
  for (const [index, value] of (call.args ?? []).entries()) data.writeUInt32LE(value, DATA.argument(index))
  let register = 0
  for (let at = 0; at < filter.length / 8; at++) {
    const code = filter.readUInt16LE(at * 8)
    const operand = filter.readUInt32LE(at * 8 + 4)
    const branch = (holds: boolean) => {
      at += filter[at * 8 + (holds ? 2 : 3)]!
    }
    if (code === 0x20) register = data.readUInt32LE(operand)
    else if (code === 0x06) return operand
    else if (code === 0x05) at += operand
    else if (code === 0x15) branch(register === operand)
    else if (code === 0x35) branch(register >= operand)
    else if (code === 0x45) branch((register & operand) !== 0)
    else throw new Error(`an instruction that no filter has: ${code}`)
  }
  throw new Error('the filter ends without an answer, which the kernel would not load')
}

const numberOf = (name: SyscallName, architecture: Architecture) => SYSCALLS[name][COLUMN[architecture]]

function verdictOn(architecture: Architecture, name: SyscallName, args: number[] = []): number | undefined {
  const number = numberOf(name, architecture)
  if (number === undefined) return undefined
  return judge(seccompFilter(architecture)!, { architecture: AUDIT[architecture], number, args })
}

describe.each(BOTH)('the filter for %s', architecture => {
  it.each([
    ['allows', ALLOWED, VERDICT.allow],
    ['refuses', REFUSED, VERDICT.refuse],
    ['knows nothing of', ABSENT, VERDICT.absent]
  ])('%s what it shall', (_, names, verdict) => {
    for (const name of names) expect([name, verdictOn(architecture, name)]).toEqual([name, onHave(name, verdict)])
  })

  function onHave(name: SyscallName, verdict: number) {
    return numberOf(name, architecture) === undefined ? undefined : verdict
  }

  it('knows nothing of calls that are named nowhere, later ones included', () => {
    const named = new Set<number | undefined>(Object.values(SYSCALLS).map(numbers => numbers[COLUMN[architecture]]))
    for (let number = 0; number < 1000; number++) {
      if (named.has(number)) continue
      const verdict = judge(seccompFilter(architecture)!, { architecture: AUDIT[architecture], number })
      expect([number, verdict]).toEqual([number, VERDICT.absent])
    }
  })

  it('lets it make threads and no processes', () => {
    const CLONE_VM = 0x100
    const CLONE_THREAD = 0x10000
    const SIGCHLD = 17
    expect(verdictOn(architecture, 'clone', [CLONE_VM | CLONE_THREAD])).toBe(VERDICT.allow)
    for (const flags of [0, SIGCHLD, CLONE_VM, 0x10000000]) {
      expect(verdictOn(architecture, 'clone', [flags])).toBe(VERDICT.refuse)
    }
  })

  it('lets it name its threads, and configure its own descriptors', () => {
    expect(verdictOn(architecture, 'prctl', [15])).toBe(VERDICT.allow)
    // PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_MM
    for (const option of [4, 22, 35]) expect(verdictOn(architecture, 'prctl', [option])).toBe(VERDICT.refuse)
    expect(verdictOn(architecture, 'ioctl', [0, 0x5421])).toBe(VERDICT.allow)
    // TIOCSTI types into the terminal of whoever started the node.
    for (const request of [0x5412, 0x5401, 0xae01]) {
      expect(verdictOn(architecture, 'ioctl', [0, request])).toBe(VERDICT.refuse)
    }
  })

  it('kills who calls by another architecture’s numbers', () => {
    const filter = seccompFilter(architecture)!
    const other = architecture === 'x64' ? AUDIT.arm64 : AUDIT.x64
    for (const wrong of [other, AUDIT_I386, 0]) {
      expect(judge(filter, { architecture: wrong, number: 0 })).toBe(VERDICT.kill)
    }
    // The x32 interface has the architecture of x64.
    expect(judge(filter, { architecture: AUDIT[architecture], number: 0x40000000 })).toBe(VERDICT.kill)
  })
})

describe('the lists', () => {
  it('name each call once', () => {
    const names = [...ALLOWED, ...REFUSED, ...ABSENT, ...BY_ARGUMENT.map(({ call }) => call)]
    expect(new Set(names).size).toBe(names.length)
    expect(new Set(names)).toEqual(new Set(Object.keys(SYSCALLS)))
  })

  it.each(BOTH)('have a number of its own for each on %s', architecture => {
    const numbers = Object.values(SYSCALLS)
      .map(both => both[COLUMN[architecture]])
      .filter(number => number !== undefined)
    expect(new Set(numbers).size).toBe(numbers.length)
  })
})

describe('the machine', () => {
  it('has no filter for architectures that nobody reviewed', () => {
    for (const name of ['ia32', 'riscv64', 'toString']) expect(seccompFilter(name)).toBeUndefined()
  })

  it('jumps no further than a byte says', () => {
    expect(encode([load(DATA.number), ifEqual(1, JUMP_MAX)])).toHaveLength(16)
    expect(() => encode([ifEqual(1, JUMP_MAX + 1)])).toThrow(RangeError)
  })
})
