/**
 * The runner process: takes jobs of one tenant from standard input and answers on standard output until the input ends.
 *
 * Runs confined, started by the executor; see ../sandbox. Imports nothing outside this folder, ../metering and ../wasi.
 */
import { constants, getPriority, setPriority } from 'node:os'
import { setImmediate } from 'node:timers/promises'
import { createFrameChannel } from './frame-channel.ts'
import { closeInherited } from './inherited.ts'
import { lockDown } from './lock-down.ts'
import { EndOfInput } from './receive.ts'
import { createJobServer } from './serve.ts'
import { FRAME } from './wire.ts'

/** The engine frees compiled code and memories in tasks of the event loop, so it must turn now and then. */
const JOBS_PER_TURN = 64
/** Garbage above this is collected at once: the next job must not find two programs' memories. */
const COLLECT_ABOVE_BYTES = 32 * 1024 * 1024
/**
 * Programs give way to the node that runs them, which has to take payments and answer buyers within fractions of a second,
 * however many programs keep every processor busy; and a little to whatever else its owner runs. A step of nice is a
 * quarter more time: the node gets three times what a program gets.
 */
const GIVES_WAY = 5
const PRIORITY_LOWEST = constants.priority.PRIORITY_LOW

// The global and not the module of that name, whose import opens the standard streams and makes reads from them not wait.
const { process, gc: collectGarbage } = globalThis
closeInherited(process.argv[2])
setPriority(Math.min(getPriority() + GIVES_WAY, PRIORITY_LOWEST))
const channel = createFrameChannel(0, 1)
const serveJob = createJobServer(channel)
lockDown(process.env)
channel.write(FRAME.ready)

try {
  for (let jobs = 1; ; jobs++) {
    const garbageBytes = serveJob()
    if (garbageBytes > COLLECT_ABOVE_BYTES) collectGarbage?.()
    if (jobs % JOBS_PER_TURN === 0) await setImmediate()
  }
} catch (err) {
  // Nobody reads any more, or nobody asks any more.
  if (!(err instanceof EndOfInput) && (err as NodeJS.ErrnoException).code !== 'EPIPE') throw err
}
process.exit(0)
