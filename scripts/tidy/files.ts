import { matchLines, type Problem, type Repository } from './repository.ts'

/** A longer file holds more than one idea. */
const LINES_MAX = 400

const CODE = /\.(?:ts|mjs|js|sol|sh)$/
const GENERATED = /^packages\/contracts\/(?:abi|snapshots)\/|\/vectors\//
// Spelled in two parts so that this file does not report itself.
const UNFINISHED = new RegExp(`\\b(?:${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`)
const CONSTANT = /^export const [A-Z]/
const FOCUSED = /\b(?:describe|suite|it|test)(?:\.\w+)*\.(?:only|skip|todo)\b/

export function filesAreShort(repository: Repository): Problem[] {
  return codeOf(repository).flatMap(file => {
    const lines = repository.read(file).split('\n').length - 1
    return lines > LINES_MAX ? [{ file, message: `${lines} lines, more than ${LINES_MAX}: split it by idea` }] : []
  })
}

export function nothingIsUnfinished(repository: Repository): Problem[] {
  return codeOf(repository).flatMap(file => [
    ...matchLines(repository, file, UNFINISHED, 'unfinished work: do it, or say in an issue what is missing'),
    ...matchLines(repository, file, FOCUSED, 'a test is left out: use skipIf with a printed reason')
  ])
}

/** Every bound says what it protects and how it was chosen. */
export function limitsHaveReasons(repository: Repository): Problem[] {
  return repository.files
    .filter(file => /(?:^|\/)limits\.ts$/.test(file))
    .flatMap(file => {
      const lines = repository.read(file).split('\n')
      return lines.flatMap((text, index) => {
        if (!CONSTANT.test(text) || /\/[/*]/.test(text)) return []
        // A constant right below another shares its comment.
        let above = index - 1
        while (CONSTANT.test(lines[above] ?? '')) above--
        const hasReason = /^\s*\/\/|\*\/\s*$/.test(lines[above] ?? '')
        return hasReason ? [] : [{ file, line: index + 1, message: 'a limit without its reason' }]
      })
    })
}

function codeOf(repository: Repository): string[] {
  return repository.files.filter(file => CODE.test(file) && !GENERATED.test(file))
}
