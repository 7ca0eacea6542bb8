import type { WasiContext } from '../context.ts'
import { FUEL } from '../fuel.ts'
import { type HostCall, hostCall } from '../host-call.ts'

/** Arguments and environment. */
export function createStringCalls({ memory, args, env, spend }: WasiContext): Record<string, HostCall> {
  const sizes = (strings: readonly Uint8Array[]) =>
    hostCall('ii', (countAt: number, bytesAt: number) => {
      spend(FUEL.item * strings.length)
      memory.writeU32(countAt, strings.length)
      memory.writeU32(
        bytesAt,
        strings.reduce((sum, string) => sum + string.length, 0)
      )
    })

  const get = (strings: readonly Uint8Array[]) =>
    hostCall('ii', (pointersAt: number, bytesAt: number) => {
      let pointer = bytesAt
      strings.forEach((string, i) => {
        spend(FUEL.item + FUEL.byte * string.length)
        memory.writeU32(pointersAt + 4 * i, pointer)
        memory.bytes(pointer, string.length).set(string)
        pointer += string.length
      })
    })

  return { args_sizes_get: sizes(args), args_get: get(args), environ_sizes_get: sizes(env), environ_get: get(env) }
}
