import { type Float, type Func, type Int, LOCALS, type Program, type Statement } from './random-program.ts'
import { FLOATS_AT, INTS_MASK } from './random-text.ts'

/** What a random program gives and takes, worked out from its tree, one instruction after another. */
export function evaluate(program: Program, a: number, b: number): { value: number; fuel: number } {
  const memory = new DataView(new ArrayBuffer(65_536))
  let fuel = 0

  const spend = (cost: number) => {
    fuel += cost
  }

  class Leave {
    readonly depth: number
    constructor(depth: number) {
      this.depth = depth
    }
  }
  class Return {
    readonly value: number
    constructor(value: number) {
      this.value = value
    }
  }

  function call(index: number, x: number, y: number): number {
    const func = program[index]!
    const ints = new Int32Array(LOCALS)
    ints.set([x, y])
    const floats = new Float64Array(LOCALS)
    spend(Math.ceil((2 * LOCALS + countLoops(func)) / 8))

    function int(e: Int): number {
      switch (e.k) {
        case 'const':
          spend(1)
          return e.value
        case 'get':
          spend(1)
          return ints[e.local]!
        case 'binary': {
          const [x, y] = [int(e.a), int(e.b)]
          spend(e.op === 'rem_u' ? 10 : 1)
          return binary(e.op, x, y)
        }
        case 'eqz':
          spend(1)
          return int(e.a) === 0 ? 1 : 0
        case 'select': {
          spend(1)
          const [x, y, c] = [int(e.a), int(e.b), int(e.c)]
          return c === 0 ? y : x
        }
        case 'choose':
          spend(1)
          return int(e.c) === 0 ? int(e.b) : int(e.a)
        case 'leave': {
          spend(1)
          const x = int(e.a)
          return int(e.c) === 0 ? int(e.b) : x
        }
        case 'call': {
          const [x, y] = [int(e.a), int(e.b)]
          const target = index + 1 + e.target
          spend(target < program.length ? 4 : 1)
          return target < program.length ? call(target, x, y) : (x + y) | 0
        }
        case 'load':
          spend(3)
          return memory.getInt32(int(e.at) & INTS_MASK, true)
        case 'bits':
          spend(4)
          return highBits(float(e.f))
      }
    }

    function float(e: Float): number {
      switch (e.k) {
        case 'fconst':
          spend(1)
          return e.value
        case 'fget':
          spend(1)
          return floats[e.local]!
        case 'fbinary': {
          const [x, y] = [float(e.a), float(e.b)]
          spend(e.op === 'div' ? 8 : 1)
          return { add: x + y, sub: x - y, mul: x * y, div: x / y, max: Math.max(x, y) }[e.op]
        }
        case 'sqrt':
          spend(8)
          return Math.sqrt(float(e.a))
        case 'convert':
          spend(1)
          return int(e.a)
        case 'fload':
          spend(3)
          return memory.getFloat64(FLOATS_AT + (int(e.at) & INTS_MASK), true)
        case 'fchoose':
          spend(1)
          return int(e.c) === 0 ? float(e.b) : float(e.a)
      }
    }

    function loop(s: Extract<Statement, { k: 'loop' }>, open: number): void {
      spend(2)
      for (let counter = s.times; ; ) {
        run(s.body, open)
        spend(1)
        if (int(s.again) !== 0) {
          spend(5)
          counter--
          if (counter !== 0) continue
        }
        spend(7)
        counter--
        if (counter <= 0) return
      }
    }

    function block(body: Statement[], open: number): void {
      try {
        run(body, open + 1)
      } catch (err) {
        if (!(err instanceof Leave) || err.depth !== open) throw err
      }
    }

    const leave = (open: number, level: number) => new Leave(open - 1 - (level % open))

    function statement(s: Statement, open: number): void {
      switch (s.k) {
        case 'set':
          spend(1)
          ints[s.local] = int(s.value)
          return
        case 'fset':
          spend(1)
          floats[s.local] = float(s.value)
          return
        case 'store': {
          spend(3)
          const at = int(s.at)
          memory.setInt32(at & INTS_MASK, int(s.value), true)
          return
        }
        case 'fstore': {
          spend(3)
          const at = int(s.at)
          memory.setFloat64(FLOATS_AT + (at & INTS_MASK), float(s.value), true)
          return
        }
        case 'fill': {
          const at = int(s.at) & 0x3ff8
          const value = int(s.value)
          spend(4 + (s.length >> 3))
          for (let i = 0; i < s.length; i++) memory.setInt8(at + i, value)
          return
        }
        case 'if':
          spend(1)
          run(int(s.c) === 0 ? s.no : s.yes, open)
          return
        case 'loop':
          loop(s, open)
          return
        case 'block':
          block(s.body, open)
          return
        case 'leaveIf':
          if (open === 0) return
          spend(1)
          if (int(s.c) !== 0) throw leave(open, s.level)
          return
        case 'leave':
          if (open === 0) return
          spend(1)
          throw leave(open, s.level)
        case 'leaveTable': {
          if (open === 0) return
          spend(1)
          const choice = int(s.c) >>> 0
          throw leave(open, s.levels[Math.min(choice, s.levels.length - 1)]!)
        }
        case 'returnIf':
          spend(1)
          if (int(s.c) === 0) return
          spend(1)
          throw new Return(int(s.value))
      }
    }

    function run(body: Statement[], open: number): void {
      for (const one of body) statement(one, open)
    }

    try {
      run(func.body, 0)
      return int(func.result)
    } catch (err) {
      if (err instanceof Return) return err.value
      throw err
    }
  }

  return { value: call(0, a, b), fuel }
}

function binary(op: Extract<Int, { k: 'binary' }>['op'], a: number, b: number): number {
  switch (op) {
    case 'add':
      return (a + b) | 0
    case 'sub':
      return (a - b) | 0
    case 'mul':
      return Math.imul(a, b)
    case 'xor':
      return a ^ b
    case 'and':
      return a & b
    case 'lt_s':
      return a < b ? 1 : 0
    case 'shr_u':
      return (a >>> (b & 31)) | 0
    case 'rem_u':
      return ((a >>> 0) % ((b | 1) >>> 0)) | 0
  }
}

/** A NaN has the bits of the one that there is. */
function highBits(value: number): number {
  if (Number.isNaN(value)) return 0x7ff80000
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getInt32(0)
}

/** Each loop has a variable to count down. */
function countLoops(func: Func): number {
  const count = (body: Statement[]): number =>
    body.reduce((sum, s) => {
      if (s.k === 'if') return sum + count(s.yes) + count(s.no)
      if (s.k === 'loop') return sum + 1 + count(s.body)
      return s.k === 'block' ? sum + count(s.body) : sum
    }, 0)
  return count(func.body)
}
