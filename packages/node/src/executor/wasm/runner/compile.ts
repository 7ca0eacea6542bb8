import { ProgramFault } from '../wasi/stop.ts'
import { WASI_MODULE } from '../wasi/wasi-host.ts'
import { boundMemory } from './module-sections.ts'

/** Names in messages are the program's own words. */
const NAME_CHARS_MAX = 100

/**
 * Compiles a program and checks that it is one: a WASI preview 1 command that imports nothing else.
 *
 * Throws ProgramFault E_BAD_PROGRAM or E_MEMORY.
 */
export function compileProgram(
  bytes: Uint8Array,
  pagesMax: number,
  hostCalls: ReadonlySet<string>
): WebAssembly.Module {
  const module = compile(bytes, pagesMax)
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (from !== WASI_MODULE || kind !== 'function' || !hostCalls.has(name)) {
      throw new ProgramFault('E_BAD_PROGRAM', 'the program imports what WASI preview 1 does not have', {
        import: `${from}.${name}`.slice(0, NAME_CHARS_MAX),
        kind
      })
    }
  }
  const exports = new Map(WebAssembly.Module.exports(module).map(({ name, kind }) => [name, kind]))
  if (exports.get('_start') !== 'function') {
    throw new ProgramFault('E_BAD_PROGRAM', 'the program has no _start function: it is a library, not a command')
  }
  if (exports.has('memory') && exports.get('memory') !== 'memory') {
    throw new ProgramFault('E_BAD_PROGRAM', 'the program exports as memory what is none')
  }
  return module
}

function compile(bytes: Uint8Array, pagesMax: number): WebAssembly.Module {
  if (!startsLikeModule(bytes)) throw new ProgramFault('E_BAD_PROGRAM', 'the program is not a WebAssembly module')
  const bounded = boundMemory(bytes, pagesMax)
  try {
    return new WebAssembly.Module(bounded as BufferSource)
  } catch (err) {
    if (!(err instanceof WebAssembly.CompileError)) throw err
    throw new ProgramFault('E_BAD_PROGRAM', 'the program is not a valid WebAssembly module', {
      reason: err.message.slice(0, 2 * NAME_CHARS_MAX)
    })
  }
}

/** Magic number and version 1 of the core format; a component has another version. */
function startsLikeModule(bytes: Uint8Array): boolean {
  return [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0].every((byte, i) => bytes[i] === byte)
}
