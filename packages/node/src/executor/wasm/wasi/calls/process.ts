import type { WasiContext } from '../context.ts'
import { errno } from '../errno.ts'
import { FUEL } from '../fuel.ts'
import { type HostCall, hostCall } from '../host-call.ts'
import { ProgramExit } from '../stop.ts'

/** What a shell reports for a process that aborted: 128 + SIGABRT. */
export const ABORT_EXIT_CODE = 134

/** Exit, yielding, randomness, and the sockets that there are not. */
export function createProcessCalls({ memory, random, descriptors, spend }: WasiContext): Record<string, HostCall> {
  const refuseSocket = (params: string) =>
    hostCall(params, (fd: number) => {
      descriptors.get(fd)
      throw errno('NOTSUP')
    })

  return {
    proc_exit: hostCall('i', (exitCode: number) => {
      throw new ProgramExit(exitCode)
    }),
    proc_raise: hostCall('i', () => {
      throw new ProgramExit(ABORT_EXIT_CODE)
    }),
    sched_yield: hostCall('', () => {}),
    random_get: hostCall('ii', (pointer: number, length: number) => {
      const target = memory.bytes(pointer, length)
      spend(FUEL.byte * length)
      random(target)
    }),
    sock_accept: refuseSocket('iii'),
    sock_recv: refuseSocket('iiiiii'),
    sock_send: refuseSocket('iiiii'),
    sock_shutdown: refuseSocket('ii')
  }
}
