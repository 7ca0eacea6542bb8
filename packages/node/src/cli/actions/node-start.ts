import { resolve } from 'node:path'
import { encodeValue } from '@archipel/client'
import { nodeFiles } from '../../config/folders.ts'
import { readNodeConfig } from '../../config/node-config.ts'
import { createControlServer } from '../../control/control-server.ts'
import { acquireLock } from '../../control/lock.ts'
import { openWallet } from '../../wallet/wallet.ts'
import { type Context, passwordPrompt } from '../context.ts'
import { DISPUTES_PATH } from '../dispute/own-cases.ts'
import { FAULTS_PATH } from '../faults/read.ts'
import type { Invocation } from '../host.ts'
import { createNodeLog } from '../node-log.ts'
import { createStyle } from '../output/style.ts'
import { version } from '../version.ts'
import { NODE_WALLET } from './node-init.ts'
import { PEERS_PATH } from './node-peers.ts'
import { jsonOf, summaryOf } from './node-status.ts'

const SUMMARY_INTERVAL_MS = 30_000
/** A stop redeems what is owed; a chain that hangs must not keep the node from ending. */
const STOP_TIMEOUT_MS = 20_000

interface StartOptions {
  wallet?: string
}

export async function startNode({ context, options }: Invocation<StartOptions>): Promise<undefined> {
  const [folder, network] = await Promise.all([context.folder(), context.network()])
  const { config: file, lock: lockFile, control: socket } = nodeFiles(folder)
  const { provider, passwordFile } = await readNodeConfig(file)
  const settings = await context.settings()
  const lock = await acquireLock(lockFile, `the node in ${folder.node}`)
  try {
    const { privateKey } = await openWallet(folder.keystore, options.wallet ?? NODE_WALLET, {
      passwordFile: settings.passwordFile ?? (passwordFile && resolve(folder.node, passwordFile)),
      ask: await passwordPrompt(context)
    })
    const { createProviderNode } = await import('../../node.ts')
    const logger = logOf(context)
    const node = await createProviderNode({
      config: { ...provider, network },
      privateKey,
      dataDir: folder.node,
      logger,
      version: version()
    })
    const control = createControlServer({
      path: socket,
      answers: {
        '/status': () => node.status(),
        [PEERS_PATH]: () => node.peers(),
        [DISPUTES_PATH]: async () => encodeValue(await node.disputes()),
        [FAULTS_PATH]: async () => encodeValue(await node.faults())
      }
    })
    try {
      await node.start()
      await control.start()
      const status = await node.status()
      await context.output.answer({
        json: { ...jsonOf(status), control: socket, pid: process.pid },
        names: () => [status.address],
        human: () => `provider ${status.address} listens on ${status.multiaddrs.join(', ')}`
      })
      await untilStopped(context.signal, async () => logger.info(summaryOf(await node.status()), 'running'))
      logger.info({ reason: (context.signal.reason as Error).message }, 'stopping')
    } finally {
      await bounded(Promise.all([control.stop(), node.stop()]), () =>
        logger.warn({ timeoutMs: STOP_TIMEOUT_MS }, 'gave up waiting for a clean stop; nothing stored is lost')
      )
    }
  } finally {
    await lock.release()
  }
}

function logOf({ flags, env }: Context) {
  const style = createStyle({ isTty: process.stderr.isTTY === true, env, color: flags.color })
  return createNodeLog({ stderr: process.stderr, style, verbose: flags.verbose, quiet: flags.quiet })
}

/** Says how it goes every half minute until the signal comes. A status that fails is no reason to stop. */
function untilStopped(signal: AbortSignal, summarize: () => Promise<void>): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const timer = setInterval(() => summarize().catch(() => {}), SUMMARY_INTERVAL_MS)
    const stop = () => {
      clearInterval(timer)
      resolve()
    }
    signal.addEventListener('abort', stop, { once: true })
  })
}

async function bounded(stopping: Promise<unknown>, giveUp: () => void): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(() => {
    giveUp()
    resolve()
  }, STOP_TIMEOUT_MS)
  try {
    await Promise.race([stopping, late])
  } finally {
    clearTimeout(timer)
  }
}
