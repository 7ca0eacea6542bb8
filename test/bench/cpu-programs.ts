import createWabt from 'wabt'

const wabt = await createWabt()

const BODIES = 5
/** x, y, z, then their velocities, then the mass. */
const BODY_BYTES = 56
const AXES = [0, 8, 16]

/** Programs that only compute, for a second or so. Nothing of WASI: what is measured is their code. */
export const CPU_PROGRAMS: Readonly<Record<string, Uint8Array>> = {
  fib: program(
    `(func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0)) (else
        (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))`,
    '(drop (call $fib (i32.const 37)))'
  ),
  nbody: program(nbody(), nbodyStart(1_500_000)),
  mixed: program(mixed(), `(local $i i32) (local.set $i (i32.const 120)) ${loop('$i', '(call $round (local.get $i))')}`)
}

function program(functions: string, start: string): Uint8Array {
  const module = wabt.parseWat(
    'cpu.wat',
    `(module (memory (export "memory") 4) ${functions} (func (export "_start") ${start}))`,
    {}
  )
  try {
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}

/** Runs `body` while the variable counts down to zero. */
function loop(variable: string, body: string): string {
  return `(loop ${body} (br_if 0 (local.tee ${variable} (i32.sub (local.get ${variable}) (i32.const 1)))))`
}

/** Five bodies that attract one another: doubles, loaded and stored again and again. */
function nbody(): string {
  const names = ['$dx', '$dy', '$dz']
  const differences = AXES.map(
    (at, i) =>
      `(local.set ${names[i]} (f64.sub (f64.load offset=${at} (local.get $p)) (f64.load offset=${at} (local.get $q))))`
  )
  const square = names.map(name => `(f64.mul (local.get ${name}) (local.get ${name}))`)
  const pull = (self: string, other: string, op: string) =>
    AXES.map(
      (
        at,
        i
      ) => `(f64.store offset=${at + 24} (local.get ${self}) (f64.${op} (f64.load offset=${at + 24} (local.get ${self}))
        (f64.mul (f64.mul (local.get ${names[i]}) (f64.load offset=48 (local.get ${other}))) (local.get $mag))))`
    )
  const move = AXES.map(
    at => `(f64.store offset=${at} (local.get $p) (f64.add (f64.load offset=${at} (local.get $p))
      (f64.mul (f64.const 0.01) (f64.load offset=${at + 24} (local.get $p)))))`
  )
  const end = BODIES * BODY_BYTES
  return `(func $advance (local $p i32) (local $q i32) (local $d2 f64) (local $mag f64)
    ${names.map(name => `(local ${name} f64)`).join(' ')}
    (loop $each
      (local.set $q (i32.add (local.get $p) (i32.const ${BODY_BYTES})))
      (block $done (loop $pair
        (br_if $done (i32.ge_u (local.get $q) (i32.const ${end})))
        ${differences.join('\n')}
        (local.set $d2 (f64.add (f64.add ${square.join(' ')}))
        (local.set $mag (f64.div (f64.const 0.01) (f64.mul (local.get $d2) (f64.sqrt (local.get $d2)))))
        ${pull('$p', '$q', 'sub').join('\n')}
        ${pull('$q', '$p', 'add').join('\n')}
        (local.set $q (i32.add (local.get $q) (i32.const ${BODY_BYTES})))
        (br $pair)))
      ${move.join('\n')}
      (br_if $each (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const ${BODY_BYTES}))) (i32.const ${end})))))`.replace(
    square.join(' '),
    `${square[0]} ${square[1]}) ${square[2]}`
  )
}

function nbodyStart(steps: number): string {
  const values = Array.from({ length: BODIES }, (_, i) => [
    i * 4.8,
    i * -1.1,
    i * 0.3,
    0.6,
    2.8,
    -0.02,
    i === 0 ? 39 : 0.04
  ])
  const stores = values.flatMap((body, i) =>
    body.map((value, k) => `(f64.store (i32.const ${i * BODY_BYTES + 8 * k}) (f64.const ${value}))`)
  )
  return `(local $i i32) ${stores.join('\n')} (local.set $i (i32.const ${steps})) ${loop('$i', '(call $advance)')}`
}

/** Matrices, a checksum bit by bit, and a machine with states, as programs of every day are made of. */
function mixed(): string {
  const N = 64
  const element = (at: number, row: string, column: string) =>
    `(i32.add (i32.const ${at}) (i32.shl (i32.add (i32.mul (local.get ${row}) (i32.const ${N})) (local.get ${column})) (i32.const 2)))`
  return `
    (func $multiply (param $add i32) (local $i i32) (local $j i32) (local $k i32) (local $sum i32)
      (loop $rows (local.set $j (i32.const 0))
        (loop $columns (local.set $k (i32.const 0)) (local.set $sum (local.get $add))
          (loop $inner
            (local.set $sum (i32.add (local.get $sum)
              (i32.mul (i32.load ${element(0, '$i', '$k')}) (i32.load ${element(16384, '$k', '$j')}))))
            (br_if $inner (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const ${N}))))
          (i32.store ${element(32768, '$i', '$j')} (local.get $sum))
          (br_if $columns (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 1))) (i32.const ${N}))))
        (br_if $rows (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${N})))))
    (func $crc (param $value i32) (param $crc i32) (result i32) (local $bit i32)
      (local.set $bit (i32.const 8))
      (local.set $crc (i32.xor (local.get $crc) (local.get $value)))
      (loop $bits
        (local.set $crc (if (result i32) (i32.and (local.get $crc) (i32.const 1))
          (then (i32.xor (i32.shr_u (local.get $crc) (i32.const 1)) (i32.const 0xedb88320)))
          (else (i32.shr_u (local.get $crc) (i32.const 1)))))
        (br_if $bits (local.tee $bit (i32.sub (local.get $bit) (i32.const 1)))))
      (local.get $crc))
    (func $states (param $at i32) (param $end i32) (result i32) (local $state i32) (local $seen i32) (local $byte i32)
      (loop $next
        (local.set $byte (i32.and (i32.load8_u (local.get $at)) (i32.const 7)))
        (block $out (block $two (block $one (block $zero
          (br_table $zero $one $two (local.get $state)))
          (local.set $state (if (result i32) (i32.lt_u (local.get $byte) (i32.const 3)) (then (i32.const 1)) (else (i32.const 2))))
          (br $out))
          (if (i32.eqz (local.get $byte)) (then (local.set $state (i32.const 0))) (else (local.set $state (i32.const 2))))
          (br $out))
          (local.set $seen (i32.add (local.get $seen) (local.get $byte)))
          (local.set $state (i32.and (local.get $byte) (i32.const 1))))
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (local.get $end))))
      (local.get $seen))
    (func $round (param $seed i32) (local $i i32) (local $crc i32)
      (local.set $i (i32.const 32768))
      (loop $fill
        (local.set $seed (i32.add (i32.mul (local.get $seed) (i32.const 1103515245)) (i32.const 12345)))
        (i32.store (local.tee $i (i32.sub (local.get $i) (i32.const 4))) (i32.shr_u (local.get $seed) (i32.const 12)))
        (br_if $fill (local.get $i)))
      (call $multiply (call $states (i32.const 0) (i32.const 32768)))
      (local.set $i (i32.const 49152))
      (loop $sum
        (local.set $crc (call $crc (i32.load8_u (local.tee $i (i32.sub (local.get $i) (i32.const 1)))) (local.get $crc)))
        (br_if $sum (i32.gt_u (local.get $i) (i32.const 32768))))
      (i32.store (i32.const 65532) (local.get $crc)))`
}
