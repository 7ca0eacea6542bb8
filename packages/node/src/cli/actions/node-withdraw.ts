import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createChain } from '@archipel/client'
import { type Address, CodedError, sameHex } from '@archipel/protocol'
import { nodeFiles } from '../../config/folders.ts'
import { readNodeConfig } from '../../config/node-config.ts'
import { parsePositiveAmount } from '../../config/units/amount.ts'
import { openWallet, walletAddress } from '../../wallet/wallet.ts'
import { openChain } from '../chain.ts'
import { passwordPrompt } from '../context.ts'
import { parseTo, withdrawFrom } from '../escrow/withdrawal.ts'
import type { Invocation } from '../host.ts'
import { NODE_WALLET } from './node-init.ts'

interface WithdrawOptions {
  wallet?: string
  to?: string
  dryRun?: boolean
}

/** Sends what a node earned from its owner's balance in the escrow to the owner, or to another address. */
export async function withdrawEarnings({ context, options, args }: Invocation<WithdrawOptions>): Promise<undefined> {
  const amount = args[0] === undefined ? undefined : parsePositiveAmount(String(args[0]), 'amount')
  const folder = await context.folder()
  const { provider, passwordFile } = await readNodeConfig(nodeFiles(folder).config)
  const { owner } = provider
  const isDryRun = options.dryRun === true
  const to = options.to === undefined ? owner : parseTo(options.to)
  const chain = isDryRun ? await openChain(context) : await openOwnersChain()
  const hint = 'vouchers are redeemed first: archipel node earnings shows what waits'
  await withdrawFrom(context, { chain, own: owner, to, amount, isDryRun, hint })

  async function openOwnersChain() {
    const [network, settings, { createNativeSigner }] = await Promise.all([
      context.network(),
      context.settings(),
      import('@archipel/client/node')
    ])
    const name = await ownersWallet(folder.keystore, owner, options.wallet)
    const own = name === NODE_WALLET && passwordFile !== undefined ? resolve(folder.node, passwordFile) : undefined
    const { privateKey } = await openWallet(folder.keystore, name, {
      passwordFile: settings.passwordFile ?? own,
      ask: await passwordPrompt(context)
    })
    return createChain({ ...network, signer: createNativeSigner(privateKey) })
  }
}

/** @throws CodedError E_NOT_OWNER where the owner's key is not here, as it should be on a machine that runs strangers' jobs */
async function ownersWallet(keystore: string, owner: Address, wanted: string | undefined): Promise<string> {
  const names = wanted === undefined ? await walletsIn(keystore) : [wanted]
  for (const name of names) if (sameHex(await walletAddress(keystore, name), owner)) return name
  throw new CodedError('E_NOT_OWNER', `earnings belong to ${owner}, whose key is not ${wanted ?? 'here'}`, {
    facts: { owner, wallet: wanted ?? null },
    hint: 'where that key is: archipel escrow withdraw --all --wallet NAME'
  })
}

async function walletsIn(keystore: string): Promise<string[]> {
  const files = await readdir(keystore).catch(() => [])
  return files.filter(file => file.endsWith('.json')).map(file => file.slice(0, -'.json'.length))
}
