import { describe, expect, it } from 'vitest'
import { encodeCanonical } from '../../src/net/canonical-cbor.ts'
import { encodeLengthPrefix } from '../../src/net/frame-reader.ts'
import { INBOUND_BYTES_MAX, STREAM_WINDOW_BYTES_MAX } from '../../src/net/limits.ts'
import { createMessageStream } from '../../src/net/message-stream.ts'
import { openStreamPair, rejection, startPair, until } from './peers.ts'

const framed = (bytes: Uint8Array) => Buffer.concat([encodeLengthPrefix(bytes.byteLength), bytes])

describe('a message stream to a hostile peer', () => {
  it.each([
    ['garbage', new Uint8Array(64).fill(0xff), 'E_FRAME_INVALID'],
    ['a frame that claims 200 MB', encodeLengthPrefix(200_000_000), 'E_FRAME_TOO_LARGE'],
    ['an empty frame', Uint8Array.of(0), 'E_FRAME_INVALID'],
    ['bytes that are not dag-cbor', framed(new Uint8Array(40).fill(0xff)), 'E_MESSAGE_INVALID'],
    [
      'a message with unsorted keys',
      framed(Buffer.from('a26262620161610 2'.replaceAll(' ', ''), 'hex')),
      'E_MESSAGE_NOT_CANONICAL'
    ]
  ])('resets it at once after %s', async (_, bytes, code) => {
    const { near, far } = await openStreamPair()
    const messages = createMessageStream(far)
    near.send(bytes)
    expect(await rejection(messages.next())).toMatchObject({ code })
    await messages.closed
    await until(() => near.status !== 'open', 'the hostile peer to see the reset')
  })

  it('reads the good messages before a bad one', async () => {
    const { near, far } = await openStreamPair()
    const messages = createMessageStream(far)
    near.send(Buffer.concat([framed(encodeCanonical('good')), Uint8Array.of(0)]))
    expect(await messages.next()).toBe('good')
    expect(await rejection(messages.next())).toMatchObject({ code: 'E_FRAME_INVALID' })
  })

  it('notices a stream that ends in the middle of a frame', async () => {
    const { near, far } = await openStreamPair()
    const messages = createMessageStream(far)
    near.send(framed(encodeCanonical('whole message')).subarray(0, 5))
    await near.close()
    expect(await rejection(messages.next())).toMatchObject({ code: 'E_FRAME_TRUNCATED' })
  })

  it('keeps answering a peer that closed its own side', async () => {
    const { near, far } = await openStreamPair()
    const messages = createMessageStream(far)
    const got: Uint8Array[] = []
    near.addEventListener('message', ({ data }) => got.push(data.subarray()))
    near.send(framed(encodeCanonical('question')))
    await near.close()
    expect(await messages.next()).toBe('question')
    expect(await messages.next()).toBeUndefined()
    await messages.send('answer')
    await messages.close()
    await messages.closed
    await until(() => near.status === 'closed', 'both sides to be closed')
    expect(Buffer.concat(got)).toEqual(framed(encodeCanonical('answer')))
  })

  it('cuts a peer that sends a byte now and then', async () => {
    const { near, far } = await openStreamPair()
    const messages = createMessageStream(far, { stallTimeoutMs: 400 })
    const dripping = setInterval(() => near.status === 'open' && near.send(Uint8Array.of(1)), 20)
    near.send(encodeLengthPrefix(60_000))
    expect(await rejection(messages.next())).toMatchObject({ code: 'E_STREAM_STALLED' })
    clearInterval(dripping)
  })

  it('cuts a peer that takes nothing', async () => {
    const { near, far } = await openStreamPair()
    near.pause()
    const messages = createMessageStream(far, { stallTimeoutMs: 400, messageBytesMax: 1 << 20 })
    const sends = Array.from({ length: 12 }, () => messages.send(new Uint8Array(1_000_000)).catch(err => err))
    await messages.closed
    expect((await Promise.all(sends)).at(-1)).toMatchObject({ code: 'E_STREAM_STALLED' })
  })

  it('holds no more of a flood than its bounds while nobody reads', async () => {
    const { near, far } = await openStreamPair()
    const messages = createMessageStream(far)
    const frame = framed(encodeCanonical(new Uint8Array(1_000)))
    const flood = Buffer.concat(Array.from({ length: 1_000 }, () => frame))
    let sentBytes = 0
    let stuck = false
    while (!stuck && sentBytes < 200 * flood.byteLength) {
      if (!near.send(flood)) stuck = !(await drained(near, 500))
      sentBytes += flood.byteLength
    }
    expect(stuck).toBe(true)
    const heldBytes = sentBytes - near.writeBufferLength
    expect(heldBytes).toBeLessThanOrEqual(INBOUND_BYTES_MAX + STREAM_WINDOW_BYTES_MAX + 65_536)
    // And it is no loss: the reader finds all of it.
    for (let i = 0; i < 2_000; i++) expect(await messages.next()).toEqual(new Uint8Array(1_000))
    near.abort(new Error('done'))
  })

  it('is reset when the handler throws, and other streams live on', async () => {
    const { client, server, connection } = await startPair()
    await server.handle(
      '/test/throws/1.0.0',
      async () => {
        throw new Error('a bug')
      },
      { streamsPerPeerMax: 4, streamsMax: 4 }
    )
    await server.handle('/test/echo/1.0.0', echo, { streamsPerPeerMax: 4, streamsMax: 4 })
    const broken = createMessageStream(await client.openStream(connection, '/test/throws/1.0.0'))
    const sound = createMessageStream(await client.openStream(connection, '/test/echo/1.0.0'))
    expect(await rejection(broken.next())).toMatchObject({ code: 'E_STREAM_RESET' })
    await sound.send('hello')
    expect(await sound.next()).toBe('hello')
  })

  it('costs a flood of streams its own surplus and nobody else anything', async () => {
    const { client, server, connection } = await startPair()
    await server.handle('/test/echo/1.0.0', echo, { streamsPerPeerMax: 3, streamsMax: 4 })
    const open = async () => createMessageStream(await client.openStream(connection, '/test/echo/1.0.0'))
    const flood = await Promise.all(Array.from({ length: 10 }, open))
    const answers = await Promise.all(
      flood.map(async messages => {
        await messages.send('hello').catch(() => {})
        return messages.next().catch(err => err.code)
      })
    )
    expect(answers.filter(answer => answer === 'hello')).toHaveLength(3)
    expect(answers.filter(answer => answer === 'E_STREAM_RESET')).toHaveLength(7)
    // A place that is given back is free again.
    const first = flood[answers.indexOf('hello')]!
    await first.close()
    await first.closed
    await until(async () => {
      const messages = await open()
      await messages.send('again').catch(() => {})
      return (await messages.next().catch(() => undefined)) === 'again'
    }, 'a free place')
  })
})

async function echo(stream: Parameters<typeof createMessageStream>[0]): Promise<void> {
  const messages = createMessageStream(stream)
  for await (const message of messages.receive()) await messages.send(message)
  await messages.close()
}

/** By the event: libp2p's own onDrain() resolves at once for ever after the first time. */
function drained(stream: Parameters<typeof createMessageStream>[0], timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  stream.addEventListener('drain', () => resolve(true), { once: true })
  setTimeout(() => resolve(false), timeoutMs)
  return promise
}
