import { type Float, type Func, type Int, LOCALS, type Program, type Statement } from './random-program.ts'

/** Where integers and doubles lie: apart, so that a model needs no bits of doubles. */
export const INTS_MASK = 0x7ff8
export const FLOATS_AT = 0x8000

/** Text form of a random program; `run` is its first function. */
export function toText(program: Program): string {
  return `(module (memory 1)
    ${program.map((func, i) => funcText(func, i, program.length)).join('\n')}
    (export "run" (func $f0)))`
}

function funcText(func: Func, index: number, count: number): string {
  let labels = 0
  let counters = 0

  function int(e: Int): string {
    switch (e.k) {
      case 'const':
        return `(i32.const ${e.value})`
      case 'get':
        return `(local.get $i${e.local})`
      case 'binary':
        return e.op === 'rem_u'
          ? `(i32.rem_u ${int(e.a)} (i32.or ${int(e.b)} (i32.const 1)))`
          : `(i32.${e.op} ${int(e.a)} ${int(e.b)})`
      case 'eqz':
        return `(i32.eqz ${int(e.a)})`
      case 'select':
        return `(select ${int(e.a)} ${int(e.b)} ${int(e.c)})`
      case 'choose':
        return `(if (result i32) ${int(e.c)} (then ${int(e.a)}) (else ${int(e.b)}))`
      case 'leave':
        return `(block (result i32) ${int(e.a)} (br_if 0 ${int(e.c)}) (drop) ${int(e.b)})`
      case 'call':
        return index + 1 + e.target < count
          ? `(call $f${index + 1 + e.target} ${int(e.a)} ${int(e.b)})`
          : `(i32.add ${int(e.a)} ${int(e.b)})`
      case 'load':
        return `(i32.load (i32.and ${int(e.at)} (i32.const ${INTS_MASK})))`
      case 'bits':
        return `(i32.wrap_i64 (i64.shr_u (i64.reinterpret_f64 ${float(e.f)}) (i64.const 32)))`
    }
  }

  function float(e: Float): string {
    switch (e.k) {
      case 'fconst':
        return `(f64.const ${e.value === Infinity ? 'inf' : e.value})`
      case 'fget':
        return `(local.get $f${e.local})`
      case 'fbinary':
        return `(f64.${e.op} ${float(e.a)} ${float(e.b)})`
      case 'sqrt':
        return `(f64.sqrt ${float(e.a)})`
      case 'convert':
        return `(f64.convert_i32_s ${int(e.a)})`
      case 'fload':
        return `(f64.load offset=${FLOATS_AT} (i32.and ${int(e.at)} (i32.const ${INTS_MASK})))`
      case 'fchoose':
        return `(if (result f64) ${int(e.c)} (then ${float(e.a)}) (else ${float(e.b)}))`
    }
  }

  function statements(body: Statement[], open: string[]): string {
    return body.map(one => statement(one, open)).join('\n')
  }

  const target = (open: string[], level: number) => open[open.length - 1 - (level % open.length)]

  function statement(s: Statement, open: string[]): string {
    switch (s.k) {
      case 'set':
        return `(local.set $i${s.local} ${int(s.value)})`
      case 'fset':
        return `(local.set $f${s.local} ${float(s.value)})`
      case 'store':
        return `(i32.store (i32.and ${int(s.at)} (i32.const ${INTS_MASK})) ${int(s.value)})`
      case 'fstore':
        return `(f64.store offset=${FLOATS_AT} (i32.and ${int(s.at)} (i32.const ${INTS_MASK})) ${float(s.value)})`
      case 'fill':
        return `(memory.fill (i32.and ${int(s.at)} (i32.const 0x3ff8)) ${int(s.value)} (i32.const ${s.length}))`
      case 'if':
        return `(if ${int(s.c)} (then ${statements(s.yes, open)}) (else ${statements(s.no, open)}))`
      case 'loop': {
        const counter = `$c${counters++}`
        const label = `$l${labels++}`
        const next = `(local.tee ${counter} (i32.sub (local.get ${counter}) (i32.const 1)))`
        return `(local.set ${counter} (i32.const ${s.times})) (loop ${label} ${statements(s.body, open)}
          (if ${int(s.again)} (then (br_if ${label} ${next}))) (br_if ${label} (i32.gt_s ${next} (i32.const 0))))`
      }
      case 'block': {
        const label = `$l${labels++}`
        return `(block ${label} ${statements(s.body, [...open, label])})`
      }
      case 'leaveIf':
        return open.length === 0 ? '' : `(br_if ${target(open, s.level)} ${int(s.c)})`
      case 'leave':
        return open.length === 0 ? '' : `(br ${target(open, s.level)})`
      case 'leaveTable':
        return open.length === 0 ? '' : `(br_table ${s.levels.map(l => target(open, l)).join(' ')} ${int(s.c)})`
      case 'returnIf':
        return `(if ${int(s.c)} (then (return ${int(s.value)})))`
    }
  }

  const body = statements(func.body, [])
  const result = int(func.result)
  const names = (prefix: string, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `$${prefix}${from + i}`)
  return `(func $f${index} (param $i0 i32) (param $i1 i32) (result i32)
    ${names('i', 2, LOCALS)
      .concat(names('c', 0, counters))
      .map(name => `(local ${name} i32)`)
      .join(' ')}
    ${names('f', 0, LOCALS)
      .map(name => `(local ${name} f64)`)
      .join(' ')}
    ${body} ${result})`
}
