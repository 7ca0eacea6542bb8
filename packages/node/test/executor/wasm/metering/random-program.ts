import fc from 'fast-check'

/** Programs that always end: calls go to later functions only, and loops count down. */

export type Int =
  | { k: 'const'; value: number }
  | { k: 'get'; local: number }
  | { k: 'binary'; op: BinaryOp; a: Int; b: Int }
  | { k: 'eqz'; a: Int }
  | { k: 'select'; a: Int; b: Int; c: Int }
  | { k: 'choose'; c: Int; a: Int; b: Int }
  | { k: 'leave'; c: Int; a: Int; b: Int }
  | { k: 'call'; target: number; a: Int; b: Int }
  | { k: 'load'; at: Int }
  | { k: 'bits'; f: Float }

export type Float =
  | { k: 'fconst'; value: number }
  | { k: 'fget'; local: number }
  | { k: 'fbinary'; op: FloatOp; a: Float; b: Float }
  | { k: 'sqrt'; a: Float }
  | { k: 'convert'; a: Int }
  | { k: 'fload'; at: Int }
  | { k: 'fchoose'; c: Int; a: Float; b: Float }

export type Statement =
  | { k: 'set'; local: number; value: Int }
  | { k: 'fset'; local: number; value: Float }
  | { k: 'store'; at: Int; value: Int }
  | { k: 'fstore'; at: Int; value: Float }
  | { k: 'fill'; at: Int; value: Int; length: number }
  | { k: 'if'; c: Int; yes: Statement[]; no: Statement[] }
  | { k: 'loop'; times: number; again: Int; body: Statement[] }
  | { k: 'block'; body: Statement[] }
  | { k: 'leaveIf'; level: number; c: Int }
  | { k: 'leave'; level: number }
  | { k: 'leaveTable'; c: Int; levels: number[] }
  | { k: 'returnIf'; c: Int; value: Int }

export type Func = { body: Statement[]; result: Int }
export type Program = Func[]

export const BINARY = ['add', 'sub', 'mul', 'xor', 'and', 'lt_s', 'shr_u', 'rem_u'] as const
export type BinaryOp = (typeof BINARY)[number]
export const FLOAT = ['add', 'sub', 'mul', 'div', 'max'] as const
export type FloatOp = (typeof FLOAT)[number]

/** Variables of each kind; the first two integers are parameters. */
export const LOCALS = 4

const local = fc.nat(LOCALS - 1)

const nodes = fc.letrec<{ int: Int; float: Float; statement: Statement; body: Statement[] }>(tie => {
  const int = tie('int')
  const float = tie('float')
  const body = tie('body')
  return {
    int: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.record({ k: fc.constant('const' as const), value: fc.integer({ min: -100, max: 100 }) }),
      fc.record({ k: fc.constant('get' as const), local }),
      fc.record({ k: fc.constant('binary' as const), op: fc.constantFrom(...BINARY), a: int, b: int }),
      fc.record({ k: fc.constant('eqz' as const), a: int }),
      fc.record({ k: fc.constant('select' as const), a: int, b: int, c: int }),
      fc.record({ k: fc.constant('choose' as const), c: int, a: int, b: int }),
      fc.record({ k: fc.constant('leave' as const), c: int, a: int, b: int }),
      fc.record({ k: fc.constant('call' as const), target: fc.nat(3), a: int, b: int }),
      fc.record({ k: fc.constant('load' as const), at: int }),
      fc.record({ k: fc.constant('bits' as const), f: float })
    ),
    float: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.record({ k: fc.constant('fconst' as const), value: fc.constantFrom(0, 1, -1.5, Infinity, 1e300, 3.25) }),
      fc.record({ k: fc.constant('fget' as const), local }),
      fc.record({ k: fc.constant('fbinary' as const), op: fc.constantFrom(...FLOAT), a: float, b: float }),
      fc.record({ k: fc.constant('sqrt' as const), a: float }),
      fc.record({ k: fc.constant('convert' as const), a: int }),
      fc.record({ k: fc.constant('fload' as const), at: int }),
      fc.record({ k: fc.constant('fchoose' as const), c: int, a: float, b: float })
    ),
    statement: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.record({ k: fc.constant('set' as const), local, value: int }),
      fc.record({ k: fc.constant('fset' as const), local, value: float }),
      fc.record({ k: fc.constant('store' as const), at: int, value: int }),
      fc.record({ k: fc.constant('fstore' as const), at: int, value: float }),
      fc.record({ k: fc.constant('leaveIf' as const), level: fc.nat(3), c: int }),
      fc.record({ k: fc.constant('leave' as const), level: fc.nat(3) }),
      fc.record({
        k: fc.constant('leaveTable' as const),
        c: int,
        levels: fc.array(fc.nat(3), { minLength: 1, maxLength: 3 })
      }),
      fc.record({ k: fc.constant('returnIf' as const), c: int, value: int }),
      fc.record({ k: fc.constant('fill' as const), at: int, value: int, length: fc.nat(100) }),
      fc.record({ k: fc.constant('if' as const), c: int, yes: body, no: body }),
      fc.record({ k: fc.constant('loop' as const), times: fc.integer({ min: 1, max: 3 }), again: int, body }),
      fc.record({ k: fc.constant('block' as const), body })
    ),
    body: fc.array(tie('statement'), { maxLength: 4, depthIdentifier: 'body' })
  }
})

export const program: fc.Arbitrary<Program> = fc.array(
  fc.record({ body: fc.array(nodes.statement, { maxLength: 6 }), result: nodes.int }),
  { minLength: 1, maxLength: 3 }
)
