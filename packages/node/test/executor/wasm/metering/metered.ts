import { STACK_BYTES_MAX } from '../../../../src/executor/wasm/metering/limits.ts'
import { METER_EXPORTS, meterModule } from '../../../../src/executor/wasm/metering/meter-module.ts'

const PLENTY = 10n ** 15n

export interface MeteredOptions {
  fuel?: bigint
  stack?: number
  imports?: WebAssembly.Imports
}

/** A module with metering, ready to be called. */
export function metered(
  module: Uint8Array,
  { fuel = PLENTY, stack = STACK_BYTES_MAX, imports = {} }: MeteredOptions = {}
) {
  const compiled = new WebAssembly.Module(meterModule(module) as BufferSource)
  const { exports } = new WebAssembly.Instance(compiled, imports)
  const tank = exports[METER_EXPORTS.fuel] as WebAssembly.Global<'i64'>
  const stackLeft = exports[METER_EXPORTS.stack] as WebAssembly.Global<'i32'>
  tank.value = fuel
  stackLeft.value = stack
  return {
    exports,
    call: (name: string, ...args: (number | bigint)[]) =>
      (exports[name] as (...args: (number | bigint)[]) => unknown)(...args),
    /** Fuel used up to now. */
    used: () => fuel - tank.value,
    left: () => tank.value,
    stackLeft: () => stackLeft.value
  }
}
