import { dirname, join } from 'node:path'

const IMPORT = /^import \{([^}]*)\} from '([^']+)';?$/gm
const EXPORT = /^export (?=(?:async function|function|class|const) (\w+))/gm
/** What this does not understand, and must not leave in place. */
const OTHER = /^(?:import|export)\b.*/m

/**
 * One module from all that `entry` imports, in the order in which they would run: Node takes half as long to start with one
 * as with thirty.
 *
 * Understands our own modules as the formatter leaves them, without types: named imports, and exports of declarations. Each
 * but the entry becomes a function's body, so names that two of them use do not meet. Throws for anything else.
 */
export function bundle(entry: string, read: (path: string) => string): string {
  const names = new Map<string, string>()
  const builtIns = new Map<string, string>()
  const parts: string[] = []
  const open = new Set<string>()

  function add(path: string): void {
    if (names.has(path)) return
    if (open.has(path)) throw new Error(`${path} imports itself`)
    open.add(path)
    const text = read(path)
    const imports = [...text.matchAll(IMPORT)].map(([, list, from]) => ({ list: withoutBlanks(list!), from: from! }))
    for (const { list, from } of imports) {
      if (from.startsWith('.')) add(resolve(path, from))
      else addBuiltIns(list, from)
    }
    const bindings = imports
      .filter(({ list, from }) => from.startsWith('.') && list !== '')
      .map(({ list, from }) => `const { ${list.replaceAll(' as ', ': ')} } = ${names.get(resolve(path, from))}`)
    const exported = [...text.matchAll(EXPORT)].map(([, name]) => name)
    const body = text.replace(IMPORT, '').replace(EXPORT, '')
    const unknown = OTHER.exec(body)
    if (unknown !== null) throw new Error(`${path} has a line that is not understood: ${unknown[0]}`)
    const inner = [...bindings, body].join('\n')
    const name = `$${names.size}`
    names.set(path, name)
    parts.push(path === entry ? inner : `const ${name} = (() => {\n${inner}\nreturn { ${exported.join(', ')} }\n})()`)
  }

  /** Those of Node are imported once, at the top, where all modules see them. */
  function addBuiltIns(list: string, from: string): void {
    for (const name of list.split(', ')) {
      const local = name.split(' as ').at(-1)!
      const known = builtIns.get(local)
      const line = `import { ${name} } from '${from}'`
      if (known !== undefined && known !== line) throw new Error(`${local} is imported from two modules`)
      builtIns.set(local, line)
    }
  }

  add(entry)
  return [...builtIns.values(), ...parts].join('\n')
}

function resolve(path: string, from: string): string {
  return join(dirname(path), from)
}

/** Types that were imported beside values have left blanks. */
function withoutBlanks(list: string): string {
  return list
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '')
    .join(', ')
}
