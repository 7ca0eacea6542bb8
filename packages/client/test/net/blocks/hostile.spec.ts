import type { Stream } from '@libp2p/interface'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  BLOCK_BYTES_MAX,
  CID_BYTES,
  cidOf,
  createMemoryBlockStore,
  importBytes,
  RAW_CODE
} from '../../../src/content/index.ts'
import { WANTS_PENDING_MAX } from '../../../src/net/blocks/fetcher.ts'
import { encodeWants, WANTS_PER_FRAME_MAX } from '../../../src/net/blocks/wire.ts'
import { createFrameChannel } from '../../../src/net/frame-channel.ts'
import { encodeLengthPrefix } from '../../../src/net/frame-reader.ts'
import { blocksProtocol, createBlockFetcher, createBlockServer } from '../../../src/net/index.ts'
import { someBytes } from '../../content/build.ts'
import { rejection, startPair, until } from '../peers.ts'

const PROTOCOL = blocksProtocol('test')

describe('a block server', () => {
  async function startServer() {
    const { client, server, connection } = await startPair()
    const blockstore = createMemoryBlockStore()
    const blocks = createBlockServer({ network: server, blockstore })
    onTestFinished(() => blocks.stop())
    await blocks.start()
    const cid = await importBytes(someBytes(100), blockstore)
    const ask = async (frame: Uint8Array) => {
      const channel = createFrameChannel(await client.openStream(connection, PROTOCOL), {
        frameBytesMax: BLOCK_BYTES_MAX + 1
      })
      await channel.send(frame)
      return channel
    }
    return { client, server, connection, blockstore, blocks, cid, ask }
  }

  it('answers every want of the largest frame in order, and nothing else', async () => {
    const { ask, cid } = await startServer()
    const absent = await cidOf(RAW_CODE, someBytes(1, 9))
    const wants = Array.from({ length: WANTS_PER_FRAME_MAX }, (_, i) => (i % 3 === 0 ? absent : cid))
    const channel = await ask(encodeWants(wants))
    for (const want of wants) {
      const answer = await channel.receive()
      expect(answer).toEqual(want === absent ? Uint8Array.of(1) : Uint8Array.of(0, ...someBytes(100)))
    }
    await channel.close()
    expect(await channel.receive()).toBeUndefined()
  })

  it('resets a stream with one want too many, or with what is not a want', async () => {
    const { ask, cid } = await startServer()
    const other = Uint8Array.from(cid.bytes)
    other[1] = 0x71
    for (const frame of [
      encodeWants(Array(WANTS_PER_FRAME_MAX + 1).fill(cid)),
      cid.bytes.subarray(1),
      other,
      new Uint8Array(CID_BYTES),
      someBytes(CID_BYTES)
    ]) {
      const channel = await ask(frame)
      expect(await rejection(channel.receive())).toMatchObject({ code: 'E_STREAM_RESET' })
    }
  })

  it('waits for a peer that reads slowly instead of piling up blocks', async () => {
    const { client, connection, blockstore, blocks } = await startServer()
    const cids = await Promise.all(Array.from({ length: 40 }, (_, i) => importBytes(someBytes(1 << 20, i), blockstore)))
    const stream = await client.openStream(connection, PROTOCOL)
    stream.pause()
    const wants = encodeWants(cids)
    stream.send(Buffer.concat([encodeLengthPrefix(wants.byteLength), wants]))
    await until(() => blocks.stats().blocks > 0, 'the first block')
    let before = -1
    await until(async () => {
      const now = blocks.stats().blocks
      const still = now === before
      before = now
      await new Promise(resolve => setTimeout(resolve, 200))
      return still
    }, 'the server to stand still')
    expect(blocks.stats().blocks).toBeLessThan(12)
    const channel = createFrameChannel(stream, { frameBytesMax: BLOCK_BYTES_MAX + 1 })
    for (let i = 0; i < cids.length; i++) expect((await channel.receive())!.byteLength).toBe((1 << 20) + 1)
  })

  it('serves nobody once it is stopped', async () => {
    const { client, connection, blocks } = await startServer()
    await Promise.all([blocks.stop(), blocks.stop()])
    expect(await rejection(client.openStream(connection, PROTOCOL))).toMatchObject({ code: 'E_PROTOCOL_UNSUPPORTED' })
  })
})

describe('a block fetcher', () => {
  async function startAgainst(misbehave: (stream: Stream) => unknown) {
    const { client, server, connection } = await startPair()
    const over = Promise.withResolvers<void>()
    onTestFinished(() => over.resolve())
    await server.handle(
      PROTOCOL,
      async stream => {
        await misbehave(stream)
        await over.promise
      },
      { streamsPerPeerMax: 8, streamsMax: 8 }
    )
    const fetcher = createBlockFetcher(client)
    onTestFinished(() => fetcher.stop())
    return { fetcher, connection }
  }

  const afterAsking = (answer: (stream: Stream) => unknown) => (stream: Stream) => {
    stream.addEventListener('message', () => void answer(stream), { once: true })
  }

  it.each([
    ['an unknown status', [2, 1, 2, 3]],
    ['a missing block with bytes', [1, 1]]
  ])('gives up a peer that answers with %s', async (_, answer) => {
    const { fetcher, connection } = await startAgainst(
      afterAsking(stream => stream.send(Uint8Array.of(answer.length, ...answer)))
    )
    const cid = await cidOf(RAW_CODE, someBytes(4))
    expect(await rejection(fetcher.fetch(connection, cid))).toMatchObject({
      code: 'E_BLOCK_FETCH_FAILED',
      facts: { code: 'E_ANSWER_INVALID' }
    })
  })

  it('gives up a peer that sends a larger block than there are', async () => {
    const { fetcher, connection } = await startAgainst(
      afterAsking(stream => stream.send(encodeLengthPrefix(BLOCK_BYTES_MAX + 2)))
    )
    const cid = await cidOf(RAW_CODE, someBytes(4))
    expect(await rejection(fetcher.fetch(connection, cid))).toMatchObject({
      code: 'E_BLOCK_FETCH_FAILED',
      facts: { code: 'E_FRAME_TOO_LARGE' }
    })
  })

  it('gives up a peer that answers what nobody asked, or closes instead', async () => {
    const cid = await cidOf(RAW_CODE, someBytes(4))
    const eager = await startAgainst(afterAsking(stream => stream.send(Uint8Array.of(1, 1, 1, 1))))
    // One want, two answers: the first is taken, the second ends the stream, and a later want gets a new one.
    for (let i = 0; i < 2; i++) {
      expect(await eager.fetcher.fetch(eager.connection, cid)).toBeUndefined()
      await until(() => eager.connection.streams.every(({ protocol }) => protocol !== PROTOCOL), 'the stream to end')
    }
    const shut = await startAgainst(afterAsking(stream => stream.close()))
    expect(await rejection(shut.fetcher.fetch(shut.connection, cid))).toMatchObject({ code: 'E_BLOCK_FETCH_FAILED' })
  })

  it('lets the caller give up on a silent peer, and refuses the want after the last one that may wait', async () => {
    const { fetcher, connection } = await startAgainst(() => {})
    const cid = await cidOf(RAW_CODE, someBytes(4))
    const controller = new AbortController()
    const wants = Array.from({ length: WANTS_PENDING_MAX }, () =>
      rejection(fetcher.fetch(connection, cid, { signal: controller.signal }))
    )
    expect(await rejection(fetcher.fetch(connection, cid))).toMatchObject({ code: 'E_BLOCK_BUSY' })
    const reason = new Error('enough')
    controller.abort(reason)
    for (const err of await Promise.all(wants)) expect(err).toBe(reason)
    await until(() => connection.streams.every(({ protocol }) => protocol !== PROTOCOL), 'the stream to be reset')
  })

  it('asks nobody for what is not content', async () => {
    const { fetcher, connection } = await startAgainst(() => {})
    const { CID } = await import('multiformats/cid')
    const cid = CID.createV1(0x71, (await cidOf(RAW_CODE, someBytes(4))).multihash)
    expect(await rejection(fetcher.fetch(connection, cid))).toMatchObject({ code: 'E_CID_INVALID' })
  })
})
