import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

interface Solc {
  compile(inputJson: string, callbacks: { import: (path: string) => { contents: string } | { error: string } }): string
}

interface Output {
  errors?: { severity: string; formattedMessage: string }[]
  sources?: Record<string, { ast: unknown }>
  contracts?: Record<string, Record<string, { evm: { bytecode: { object: string } } }>>
}

const require = createRequire(import.meta.url)

/** Compiles changed sources quickly: nobody looks at what the code costs, only at what it does. */
export interface FastCompiler {
  /** Files that a contract is made of, ours alone. */
  sourcesOf(file: string): { file: string; source: string; ast: unknown }[]
  /** Creation code in hex; undefined when the change makes it no program. */
  bytecode(file: string, contract: string, changed?: { file: string; source: string }): string | undefined
}

/** @param root folder of the package, or of a copy of it */
export function createFastCompiler(root: string): FastCompiler {
  const solc = require('solc') as Solc
  const texts = new Map<string, string>()
  /** By contract: the older code generator is five times as fast, but does not take every contract. */
  const throughIr = new Map<string, boolean>()

  function read(path: string): string | undefined {
    const known = texts.get(path)
    if (known !== undefined) return known
    const file = path.startsWith('@') ? join(root, 'node_modules', path) : join(root, path)
    if (!existsSync(file)) return undefined
    const text = readFileSync(file, 'utf8')
    texts.set(path, text)
    return text
  }

  function compile(file: string, settings: object, changed?: { file: string; source: string }): Output {
    const textOf = (path: string) => (path === changed?.file ? changed.source : read(path))
    const input = {
      language: 'Solidity',
      sources: { [file]: { content: textOf(file) } },
      settings: { evmVersion: 'cancun', metadata: { bytecodeHash: 'none', appendCBOR: false }, ...settings }
    }
    const callback = (path: string) => {
      const contents = textOf(path)
      return contents === undefined ? { error: `there is no ${path}` } : { contents }
    }
    return JSON.parse(solc.compile(JSON.stringify(input), { import: callback })) as Output
  }

  function codeOf(file: string, contract: string, viaIR: boolean, changed?: { file: string; source: string }) {
    const { errors, contracts } = compile(
      file,
      { viaIR, outputSelection: { [file]: { [contract]: ['evm.bytecode.object'] } } },
      changed
    )
    const error = errors?.find(({ severity }) => severity === 'error')
    return { code: contracts?.[file]?.[contract]?.evm.bytecode.object, error: error?.formattedMessage }
  }

  return {
    sourcesOf(file) {
      const { sources } = compile(file, { outputSelection: { '*': { '': ['ast'] } } })
      return Object.entries(sources ?? {})
        .filter(([path]) => path.startsWith('src/') && !path.startsWith('src/interfaces/'))
        .map(([path, { ast }]) => ({ file: path, source: read(path) ?? '', ast }))
    },
    bytecode(file, contract, changed) {
      if (throughIr.get(contract) === undefined) {
        const { code } = codeOf(file, contract, false)
        throughIr.set(contract, code === undefined)
      }
      const { code } = codeOf(file, contract, throughIr.get(contract) === true, changed)
      return code === undefined || code === '' ? undefined : code
    }
  }
}
