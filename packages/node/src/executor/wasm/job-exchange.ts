import { type CodedError, isCodedError } from '@archipel/protocol'
import { cancelledBy } from '../abortable.ts'
import { createExecutionError, type ExecutionFault } from '../errors.ts'
import type { ExecutionJob, ExecutionResult, RunOptions } from '../executor.ts'
import { type AnswerStep, createAnswerCollector } from './answer-collector.ts'
import { watchCpuTime } from './cpu-time.ts'
import type { FrameWriter } from './frame-writer.ts'
import { loadProgram, sendInput, sendProgram } from './job-parts.ts'
import { FRAME } from './runner/wire.ts'

/** One end of the conversation with a runner process, for the time of one job. */
export interface RunnerLink {
  readonly writer: FrameWriter
  /** Hands the frames that come to `onFrame`; undefined when nobody expects any. */
  receive(onFrame: ((type: number, payload: Buffer) => void) | undefined): void
  /** Aborts, with the coded error that says how, when the process is gone. */
  readonly died: AbortSignal
  /** Processor time of the process so far; undefined where the system does not tell. */
  cpuMs(): number | undefined
  kill(): void
}

type Answer = Exclude<AnswerStep, 'more'>

/**
 * Has one job done by a runner process.
 *
 * When the job fails while the runner only collects its parts, the runner is told to forget it and can take another.
 * When it fails once the program may be running, the runner is killed: nothing else stops a program.
 */
export async function exchangeJob(link: RunnerLink, job: ExecutionJob, options: RunOptions): Promise<ExecutionResult> {
  if (options.signal.aborted) throw cancelledBy(options.signal)
  const { writer, died } = link
  const interruption = new AbortController()
  const interrupted = Promise.withResolvers<never>()
  interrupted.promise.catch(() => {})
  let phase: 'collecting' | 'running' | 'settled' = 'collecting'

  function interrupt(reason: unknown): void {
    if (interruption.signal.aborted) return
    if (phase === 'running') link.kill()
    if (phase === 'collecting') writer.write(FRAME.abort)
    interruption.abort(reason)
    interrupted.reject(reason)
  }

  let stopWatching = () => {}
  function onStarted(): void {
    const { cpuMs: cpuMsMax } = job.limits
    if (cpuMsMax !== undefined) {
      const onExceeded = () =>
        interrupt(
          createExecutionError('E_CPU_TIME', `the program used more than ${cpuMsMax} ms of processor time`, {
            facts: { cpuMsMax, ...hostsFault(job) },
            hint: 'ask for more processor time'
          })
        )
      stopWatching = watchCpuTime({ cpuMsMax, read: link.cpuMs, onExceeded })
    }
    options.onStarted?.()
  }

  const answers = createAnswerCollector(job.limits, { ...options, onStarted })
  let answered = Promise.withResolvers<Answer>()
  function onFrame(type: number, payload: Buffer): void {
    try {
      const step = answers.take(type, payload)
      if (step !== 'more') answered.resolve(step)
    } catch (err) {
      phase = 'running'
      interrupt(err)
    }
  }

  /** Lets the runner work, for the time that the program may take. */
  async function awaitAnswer(): Promise<Answer> {
    const onTimeout = () =>
      interrupt(
        createExecutionError('E_WALL_TIME', `the program ran longer than ${job.limits.wallMs} ms`, {
          facts: { wallMsMax: job.limits.wallMs, ...hostsFault(job) },
          hint: 'ask for a longer duration'
        })
      )
    const timer = setTimeout(onTimeout, job.limits.wallMs)
    try {
      return await Promise.race([answered.promise, interrupted.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async function converse(): Promise<Answer> {
    const { signal } = interruption
    await Promise.race([sendInput(writer, job, signal), interrupted.promise])
    phase = 'running'
    writer.write(FRAME.run)
    await Promise.race([writer.flush(signal), interrupted.promise])
    const answer = await awaitAnswer()
    if (answer !== 'needProgram') return answer
    phase = 'collecting'
    answered = Promise.withResolvers()
    const program = await Promise.race([loadProgram(job, signal), interrupted.promise])
    phase = 'running'
    sendProgram(writer, program)
    await Promise.race([writer.flush(signal), interrupted.promise])
    return awaitAnswer()
  }

  const onCancel = () => interrupt(cancelledBy(options.signal))
  const onDeath = () => interrupt(isOutOfMemory(died.reason) ? outOfMemory(died.reason, job) : died.reason)
  options.signal.addEventListener('abort', onCancel)
  died.addEventListener('abort', onDeath)
  link.receive(onFrame)
  try {
    if (died.aborted) throw died.reason
    const answer = await converse()
    if (answer === 'needProgram') throw createExecutionError('E_RUNNER_DIED', 'the runner process lost the program')
    phase = 'settled'
    if ('failure' in answer) throw answer.failure
    return answer.result
  } catch (err) {
    interrupt(err)
    // Nothing of this job may reach the runner together with the next.
    if (phase === 'collecting') await writer.flush(died).catch(() => link.kill())
    throw err
  } finally {
    stopWatching()
    options.signal.removeEventListener('abort', onCancel)
    died.removeEventListener('abort', onDeath)
    link.receive(undefined)
  }
}

/** With fuel, what a machine is short of says nothing about the program. */
function hostsFault({ limits }: ExecutionJob): { fault?: ExecutionFault } {
  return limits.fuel === undefined ? {} : { fault: 'host' }
}

function isOutOfMemory(reason: unknown): reason is CodedError {
  return isCodedError(reason) && reason.code === 'E_MEMORY'
}

function outOfMemory({ message, facts, cause }: CodedError, job: ExecutionJob): CodedError {
  return createExecutionError('E_MEMORY', message, { facts: { ...facts, ...hostsFault(job) }, cause })
}
