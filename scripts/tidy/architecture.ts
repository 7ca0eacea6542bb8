import { importsOf, packageOf, reachableFrom } from './imports.ts'
import { matchLines, type Problem, type Repository } from './repository.ts'

/** Which workspace packages each may import: node -> client -> protocol, contracts. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  protocol: [],
  client: ['@archipel/contracts', '@archipel/protocol'],
  node: ['@archipel/client', '@archipel/contracts', '@archipel/protocol']
}

const WORKSPACE_ENTRIES: Readonly<Record<string, string>> = {
  '@archipel/protocol': 'packages/protocol/src/index.ts',
  '@archipel/contracts': 'packages/contracts/abi/index.ts'
}

/** Packages without a browser build. */
const NODE_ONLY = new Set(['@libp2p/tcp', 'blockstore-fs', 'classic-level', 'secp256k1'])

const IMPURE: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/\bDate\.now\b|\bnew Date\(\)/, 'the clock in protocol: take nowSec as an argument'],
  [/\bMath\.random\b|\bgetRandomValues\b|\brandomUUID\b/, 'randomness in protocol: take bytes as an argument'],
  [/\bprocess\.|\bglobalThis\.process\b/, 'process in protocol: take the value as an argument'],
  [/\bsetTimeout\(|\bsetInterval\(|\bfetch\(/, 'waiting or I/O in protocol: return an effect instead']
]

/** `protocol` stays pure: no clock, randomness, environment, timer or Node module. */
export function protocolIsPure(repository: Repository): Problem[] {
  return codeIn(repository, 'packages/protocol/src/').flatMap(file => [
    ...IMPURE.flatMap(([pattern, message]) => matchLines(repository, file, outsideComments(pattern), message)),
    ...importsOf(repository.read(file))
      .filter(({ specifier }) => specifier.startsWith('node:'))
      .map(({ line, specifier }) => ({ file, line, message: `${specifier} in protocol, which runs anywhere` }))
  ])
}

/** No import of a workspace package against the arrows, in sources or tests. */
export function arrowsPointDown(repository: Repository): Problem[] {
  return Object.entries(ARROWS).flatMap(([name, allowed]) =>
    codeIn(repository, `packages/${name}/`).flatMap(file =>
      importsOf(repository.read(file))
        .filter(({ specifier }) => {
          const wanted = packageOf(specifier)
          const isWorkspace = wanted === 'archipel' || wanted?.startsWith('@archipel/')
          return isWorkspace && !isOwn(name, wanted) && !allowed.includes(wanted ?? '')
        })
        .map(({ specifier, line }) => ({ file, line, message: `${name} must not import ${specifier}` }))
    )
  )
}

/** What a browser loads reaches no Node module; `*-node.ts` files are reached only through the `./node` entry. */
export function clientRunsInBrowsers(repository: Repository): Problem[] {
  const entry = 'packages/client/src/index.ts'
  if (!repository.has(entry)) return []
  const reached = reachableFrom(repository, entry, name => WORKSPACE_ENTRIES[name])
  return [...reached].flatMap(([file, via]) => [
    ...(file.endsWith('-node.ts') ? [{ file: via, message: `${file} is reached from the browser entry` }] : []),
    ...importsOf(repository.read(file))
      .filter(({ specifier, isTypeOnly }) => {
        return !isTypeOnly && (specifier.startsWith('node:') || NODE_ONLY.has(packageOf(specifier) ?? ''))
      })
      .map(({ specifier, line }) => ({ file, line, message: `${specifier} is reached from the browser entry` })),
    ...matchLines(
      repository,
      file,
      outsideComments(/\bBuffer\.|\bprocess\./),
      'a Node global is reached from the browser entry'
    )
  ])
}

/** Libraries return and throw; only the command prints. */
export function librariesDoNotPrint(repository: Repository): Problem[] {
  return ['packages/protocol/src/', 'packages/client/src/', 'packages/contracts/abi/', 'packages/node/src/']
    .flatMap(folder => codeIn(repository, folder))
    .filter(file => !file.startsWith('packages/node/src/cli/'))
    .flatMap(file => matchLines(repository, file, outsideComments(/\bconsole\.\w/), 'only the command line prints'))
}

function codeIn(repository: Repository, folder: string): string[] {
  return repository.files.filter(file => file.startsWith(folder) && /\.(?:ts|mjs|js)$/.test(file))
}

function isOwn(folder: string, packageName: string | undefined): boolean {
  return packageName === (folder === 'node' ? 'archipel' : `@archipel/${folder}`)
}

/** The same pattern, where the line is not a comment up to there. */
function outsideComments(pattern: RegExp): RegExp {
  return new RegExp(`^(?!\\s*(?:\\*|//|/\\*))(?:(?!//).)*(?:${pattern.source})`)
}
