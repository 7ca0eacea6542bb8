import { join } from 'node:path/posix'
import type { Problem, Repository } from './repository.ts'

const LINK = /\[[^\]]*\]\(([^)\s]+)\)/g

/** Relative links of every Markdown file lead to a file, and their `#part` to one of its headings. */
export function linksResolve(repository: Repository): Problem[] {
  return repository.files
    .filter(file => file.endsWith('.md'))
    .flatMap(file =>
      withoutFences(repository.read(file)).flatMap((text, index) =>
        [...text.matchAll(LINK)].flatMap(([, target]) => {
          const problem = checkLink(repository, file, target!)
          return problem === undefined ? [] : [{ file, line: index + 1, message: problem }]
        })
      )
    )
}

/** `npm run x` in a document names a script that exists. */
export function documentedScriptsExist(repository: Repository): Problem[] {
  const { scripts } = JSON.parse(repository.read('package.json')) as { scripts: Record<string, string> }
  return repository.files
    .filter(file => file.endsWith('.md'))
    .flatMap(file =>
      repository
        .read(file)
        .split('\n')
        .flatMap((text, index) =>
          [...text.matchAll(/\bnpm run (?:-s )?([a-z][a-z:]*)/g)]
            .filter(([, name]) => !Object.hasOwn(scripts, name!))
            .map(([, name]) => ({ file, line: index + 1, message: `npm run ${name}: package.json has no such script` }))
        )
    )
}

function checkLink(repository: Repository, file: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined
  const [path, part] = link.split('#') as [string, string | undefined]
  const target = path === '' ? file : join(file, '..', path)
  if (!repository.has(target)) return `link to ${link}: no such file`
  if (part === undefined || !target.endsWith('.md')) return undefined
  return headingsOf(repository.read(target)).includes(part) ? undefined : `link to ${link}: no such heading`
}

/** As GitHub makes them. */
function headingsOf(text: string): string[] {
  return withoutFences(text)
    .filter(line => /^#{1,6} /.test(line))
    .map(line =>
      line
        .replace(/^#+ /, '')
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\- _]/gu, '')
        .replaceAll(' ', '-')
    )
}

/** The lines, those of code blocks blanked. */
function withoutFences(text: string): string[] {
  let isCode = false
  return text.split('\n').map(line => {
    if (line.trimStart().startsWith('```')) {
      isCode = !isCode
      return ''
    }
    return isCode ? '' : line
  })
}
