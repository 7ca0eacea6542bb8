/** One change of the sources that a test should notice. */
export interface Mutant {
  readonly file: string
  readonly line: number
  /** Kind of change, such as `condition negated`. */
  readonly change: string
  readonly before: string
  readonly after: string
  /** The whole changed source. */
  readonly source: string
}

/** What we read of solc's syntax tree: any node, with its place in the text as `offset:length:file`, counted in bytes. */
interface Node {
  readonly nodeType: string
  readonly src: string
  readonly [key: string]: unknown
}

const SWAPPED: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '==': ['!='],
  '!=': ['=='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '<<': ['>>'],
  '>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '&&': ['||'],
  '||': ['&&'],
  '+=': ['-='],
  '-=': ['+=']
}

/** The same in assembly, where operators are functions. */
const SWAPPED_YUL: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  mul: 'div',
  div: 'mul',
  shl: 'shr',
  shr: 'shl',
  and: 'or',
  or: 'and',
  lt: 'gt',
  gt: 'lt',
  eq: 'xor'
}

/** All mutants of one source file, in the order of their places. */
export function mutantsOf(file: string, source: string, ast: unknown): Mutant[] {
  const bytes = Buffer.from(source)
  const text = (from: number, to: number) => bytes.subarray(from, to).toString()
  const mutants: Mutant[] = []

  function replace(change: string, from: number, to: number, after: string): void {
    mutants.push({
      file,
      line: text(0, from).split('\n').length,
      change,
      before: text(from, to),
      after,
      source: text(0, from) + after + text(to, bytes.length)
    })
  }

  function swapOperator(node: Node, left: Node, right: Node): void {
    const operator = String(node.operator)
    const from = endOf(left)
    const at = text(from, startOf(right)).indexOf(operator)
    if (at < 0) return
    for (const other of SWAPPED[operator] ?? [])
      replace('operator swapped', from + at, from + at + operator.length, other)
  }

  function visit(node: Node): void {
    const [start, end] = [startOf(node), endOf(node)]
    switch (node.nodeType) {
      case 'BinaryOperation':
        swapOperator(node, child(node, 'leftExpression'), child(node, 'rightExpression'))
        break
      case 'Assignment':
        swapOperator(node, child(node, 'leftHandSide'), child(node, 'rightHandSide'))
        break
      case 'IfStatement': {
        const condition = child(node, 'condition')
        replace(
          'condition negated',
          startOf(condition),
          endOf(condition),
          `!(${text(startOf(condition), endOf(condition))})`
        )
        if (isRevert(child(node, 'trueBody'))) replace('check removed', start, end, '{}')
        break
      }
      case 'Conditional': {
        const condition = child(node, 'condition')
        replace(
          'condition negated',
          startOf(condition),
          endOf(condition),
          `!(${text(startOf(condition), endOf(condition))})`
        )
        break
      }
      case 'ExpressionStatement':
      case 'EmitStatement':
        // The node of an emit ends before its semicolon, that of an expression may: an empty block takes either's place.
        replace('statement deleted', start, end, text(end, end + 1) === ';' ? '' : '{}')
        break
      case 'ModifierInvocation':
        replace('modifier removed', start, end, '')
        break
      case 'Literal':
        if (node.kind === 'number') {
          const number = /^\d+/.exec(text(start, end))?.[0]
          if (number === undefined || /^0x/.test(text(start, end))) break
          const value = BigInt(number)
          replace('constant changed', start, start + number.length, String(value + 1n))
          if (value > 0n) replace('constant changed', start, start + number.length, String(value - 1n))
        }
        break
      case 'YulFunctionCall': {
        const name = child(node, 'functionName')
        const other = SWAPPED_YUL[String(name.name)]
        if (other !== undefined) replace('operator swapped', startOf(name), endOf(name), other)
        break
      }
      case 'YulLiteral':
        if (node.kind === 'number') replace('constant changed', start, end, `${BigInt(String(node.value)) + 1n}`)
        break
      case 'UnaryOperation':
        if (node.operator === '!') replace('negation removed', start, start + 1, '')
        break
    }
    for (const value of Object.values(node)) for (const each of nodesIn(value)) visit(each)
  }

  for (const each of nodesIn((ast as { nodes: unknown }).nodes)) visit(each)
  return mutants
}

const startOf = ({ src }: Node): number => Number(src.split(':')[0])
const endOf = ({ src }: Node): number => startOf({ nodeType: '', src }) + Number(src.split(':')[1])
const child = (node: Node, name: string): Node => node[name] as Node

/** `revert …;`, alone or in braces. */
function isRevert(body: Node): boolean {
  const statements = body.statements as Node[] | undefined
  return (statements?.length === 1 ? statements[0]! : body).nodeType === 'RevertStatement'
}

function nodesIn(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesIn)
  return typeof value === 'object' && value !== null && 'nodeType' in value && 'src' in value ? [value as Node] : []
}
