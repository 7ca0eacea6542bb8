import type { TreeFile } from '../wasi/fs/directory-trees.ts'
import type { Frame, FrameChannel } from './frame-channel.ts'
import { type FileMessage, FRAME, type JobMessage, type SizeMessage } from './wire.ts'

/** Thrown at the end of input: whoever started this process is gone, or wants it gone. */
export class EndOfInput extends Error {}

export interface ReceivedJob {
  message: JobMessage
  /** What the program reads from its standard input. */
  stdin: Uint8Array
  files: TreeFile[]
}

/** A program to be metered. */
export interface ReceivedProgram {
  program: Uint8Array
}

/** Waits for the next job, its standard input and its files, or for the next program to be metered; undefined when called off. */
export function receiveTask(channel: FrameChannel): ReceivedJob | ReceivedProgram | undefined {
  const first = next(channel)
  if (first.type !== FRAME.meter) return receiveJob(channel, parse<JobMessage>(expect(first, FRAME.job)))
  const program = receiveBytes(channel, parse<SizeMessage>(first).sizeBytes)
  return program === undefined ? undefined : { program }
}

function receiveJob(channel: FrameChannel, message: JobMessage): ReceivedJob | undefined {
  const files: TreeFile[] = []
  let stdin: Uint8Array | undefined = new Uint8Array(0)
  for (;;) {
    const frame = next(channel)
    if (frame.type === FRAME.run) return { message, stdin, files }
    if (frame.type === FRAME.abort) return undefined
    if (frame.type === FRAME.stdin) {
      stdin = receiveBytes(channel, parse<SizeMessage>(frame).sizeBytes)
      if (stdin === undefined) return undefined
      continue
    }
    const { path, sizeBytes } = parse<FileMessage>(expect(frame, FRAME.file))
    const bytes = receiveBytes(channel, sizeBytes)
    if (bytes === undefined) return undefined
    files.push({ path, bytes })
  }
}

/** Waits for the program asked for; undefined when the job is called off instead. */
export function receiveProgram(channel: FrameChannel): Uint8Array | undefined {
  const frame = next(channel)
  if (frame.type === FRAME.abort) return undefined
  return receiveBytes(channel, parse<SizeMessage>(expect(frame, FRAME.program)).sizeBytes)
}

function receiveBytes(channel: FrameChannel, sizeBytes: number): Uint8Array | undefined {
  const bytes = new Uint8Array(sizeBytes)
  for (let received = 0; received < sizeBytes; ) {
    const frame = next(channel)
    if (frame.type === FRAME.abort) return undefined
    const { payload } = expect(frame, FRAME.data)
    bytes.set(payload, received)
    received += payload.length
  }
  return bytes
}

function next(channel: FrameChannel): Frame {
  const frame = channel.read()
  if (frame === undefined) throw new EndOfInput()
  return frame
}

function expect(frame: Frame, type: number): Frame {
  if (frame.type !== type) throw new Error(`frame of type ${frame.type} where ${type} belongs`)
  return frame
}

function parse<Message>({ payload }: Frame): Message {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString()) as Message
}
