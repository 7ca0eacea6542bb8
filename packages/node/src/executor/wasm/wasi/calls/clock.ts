import { STEP_NS } from '../clock.ts'
import type { WasiContext } from '../context.ts'
import { ERRNO, errno, WasiErrno } from '../errno.ts'
import { FUEL } from '../fuel.ts'
import { type HostCall, hostCall } from '../host-call.ts'
import { SUBSCRIPTIONS_MAX } from '../limits.ts'

const REALTIME = 0
/** Monotonic, and the two clocks of processor time, which show the same here. */
const LAST_CLOCK = 3
const SUBSCRIPTION_BYTES = 48
const EVENT_BYTES = 32
const EVENT = { clock: 0, read: 1, write: 2 } as const
const ABSOLUTE_TIME = 1

interface Event {
  userdata: bigint
  type: number
  errno: number
}

/** Clocks and waiting. A program that sleeps goes on at once, with its clock put forward. */
export function createClockCalls({ memory, clock, descriptors, spend }: WasiContext): Record<string, HostCall> {
  function timeOf(clockId: number): bigint {
    if (clockId > LAST_CLOCK) throw errno('INVAL')
    return clockId === REALTIME ? clock.realtimeNs() : clock.monotonicNs()
  }

  function clockSubscription(at: number): bigint {
    const now = timeOf(memory.readU32(at + 16))
    const timeout = memory.readU64(at + 24)
    const wait = memory.readU16(at + 40) & ABSOLUTE_TIME ? timeout - now : timeout
    return wait > 0n ? wait : 0n
  }

  /** Streams and files are always ready. */
  function streamSubscription(at: number): void {
    const descriptor = descriptors.get(memory.readU32(at + 16))
    if (descriptor.kind === 'directory') throw errno('BADF')
  }

  /** Looks at all subscriptions first: the events may be written over them. */
  function poll(at: number, count: number): Event[] {
    const ready: Event[] = []
    const sleeping: (Event & { waitNs: bigint })[] = []
    for (let i = 0; i < count; i++) {
      const subscription = at + i * SUBSCRIPTION_BYTES
      const event = { userdata: memory.readU64(subscription), type: memory.readU8(subscription + 8), errno: 0 }
      if (event.type > EVENT.write) throw errno('INVAL')
      try {
        if (event.type === EVENT.clock) sleeping.push({ ...event, waitNs: clockSubscription(subscription) })
        else {
          streamSubscription(subscription)
          ready.push(event)
        }
      } catch (err) {
        if (!(err instanceof WasiErrno) || err.errno === ERRNO.FAULT) throw err
        ready.push({ ...event, errno: err.errno })
      }
    }
    const shortest = sleeping.reduce<bigint | undefined>(
      (m, s) => (m === undefined || s.waitNs < m ? s.waitNs : m),
      undefined
    )
    const skipNs = ready.length > 0 ? 0n : (shortest ?? 0n)
    clock.skip(skipNs)
    return [...ready, ...sleeping.filter(({ waitNs }) => waitNs <= skipNs)]
  }

  return {
    clock_res_get: hostCall('ii', (clockId: number, resolutionAt: number) => {
      timeOf(clockId)
      memory.writeU64(resolutionAt, STEP_NS)
    }),
    clock_time_get: hostCall('iIi', (clockId: number, _precision: bigint, timeAt: number) => {
      memory.writeU64(timeAt, BigInt.asUintN(64, timeOf(clockId)))
    }),
    poll_oneoff: hostCall('iiii', (subscriptionsAt: number, eventsAt: number, count: number, eventCountAt: number) => {
      if (count === 0 || count > SUBSCRIPTIONS_MAX) throw errno('INVAL')
      memory.bytes(subscriptionsAt, count * SUBSCRIPTION_BYTES)
      spend(FUEL.item * count)
      const events = poll(subscriptionsAt, count)
      events.forEach((event, i) => {
        const at = eventsAt + i * EVENT_BYTES
        memory.bytes(at, EVENT_BYTES).fill(0)
        memory.writeU64(at, event.userdata)
        memory.writeU16(at + 8, event.errno)
        memory.writeU8(at + 10, event.type)
      })
      memory.writeU32(eventCountAt, events.length)
    })
  }
}
