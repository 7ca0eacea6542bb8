import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Bonds } from '@archipel/client'
import {
  type Address,
  CodedError,
  createBondsDomain,
  proveKeyPossession,
  type SignedKeyPossession,
  sameHex
} from '@archipel/protocol'
import { nodeFiles } from '../../config/folders.ts'
import { readNodeConfig } from '../../config/node-config.ts'
import { formatTokens, parsePositiveAmount } from '../../config/units/amount.ts'
import { openWallet, passwordFileBeside, walletAddress } from '../../wallet/wallet.ts'
import { openBonds, openBondsWithWallet } from '../bonds.ts'
import { openChain, ownAddress, tokenOf } from '../chain.ts'
import { type Context, passwordPrompt } from '../context.ts'
import type { Invocation } from '../host.ts'
import { confirm } from '../prompt.ts'
import { NODE_WALLET } from './node-init.ts'

interface AddOptions {
  dryRun?: boolean
}

/** Adds to the bond of the wallet, and makes it answer for this computer's node if nobody does yet. */
export async function addBond({ context, options, args }: Invocation<AddOptions>): Promise<undefined> {
  const amount = parsePositiveAmount(String(args[0]), 'amount')
  const { signal, output } = context
  const isDryRun = options.dryRun === true
  const bonds = isDryRun ? await openBonds(context) : await openBondsWithWallet(context)
  const [owner, chain] = await Promise.all([ownAddress(context), openChain(context)])
  await Promise.all([chain.checkChain({ signal }), bonds.checkBonds({ signal })])
  const [{ symbol }, tokens, node] = await Promise.all([
    tokenOf(chain, signal),
    bonds.tokenBalance(owner, { signal }),
    nodeOf(context)
  ])
  const money = (sum: bigint) => formatTokens(sum, symbol)
  // Before the key is registered for ever.
  if (tokens < amount && !isDryRun) throw notEnough(amount, tokens, money)
  const isNew = node !== undefined && (await mustRegister(bonds, node, owner, signal))

  if (!isDryRun) {
    const also = isNew ? `, and answer for the node ${node} for ever` : ''
    await confirm(context, `Bond ${money(amount)}${also}? Taking it back takes a month.`)
    if (isNew) await bonds.registerKey(await possessionOf(context, bonds, owner), { signal })
  }
  const receipt = isDryRun ? undefined : await bonds.bond(amount, { signal })
  const { amount: held } = await bonds.bondOf(owner, { signal })
  const total = isDryRun ? held + amount : held
  const added = receipt?.credited ?? amount
  await output.answer({
    json: {
      dryRun: isDryRun,
      owner,
      added,
      amount: total,
      node: node ?? null,
      registered: isNew,
      transaction: receipt?.hash ?? null
    },
    names: () => (receipt === undefined ? [] : [receipt.hash]),
    human: ({ fields }) =>
      fields([
        [isDryRun ? 'would bond' : 'bonded', money(added)],
        ['bond', money(total)],
        ['owner', owner],
        ...(node === undefined ? [] : [['node', isNew ? `${node} (new)` : node] as const]),
        ...(receipt === undefined ? [] : [['transaction', receipt.hash] as const])
      ])
  })
  if (node === undefined) output.note('There is no node on this computer: its bond backs the nodes it answers for.')
  if (isDryRun && tokens < amount) output.warn(`the wallet has ${money(tokens)}: that is not enough`)
  if (isDryRun) output.note('Nothing was sent.')
}

/** The key of this computer's node, if there is one. */
async function nodeOf(context: Context): Promise<Address | undefined> {
  try {
    return await walletAddress((await context.folder()).keystore, NODE_WALLET)
  } catch (err) {
    if ((err as { code?: string }).code !== 'E_NO_WALLET') throw err
    return undefined
  }
}

/** @throws CodedError E_KEY_TAKEN: the bond would back nothing of this computer */
async function mustRegister(bonds: Bonds, node: Address, owner: Address, signal: AbortSignal): Promise<boolean> {
  const registered = await bonds.ownerOf(node, { signal })
  if (registered === undefined) return true
  if (sameHex(registered, owner)) return false
  throw new CodedError('E_KEY_TAKEN', `${registered} answers for the node ${node}, for ever`, {
    facts: { key: node, owner: registered },
    hint: 'use the wallet of that owner, with --wallet'
  })
}

/** Opens the node's key, by its own password: that of the owner's wallet may be another. */
async function possessionOf(context: Context, bonds: Bonds, owner: Address): Promise<SignedKeyPossession> {
  const [folder, settings] = await Promise.all([context.folder(), context.settings()])
  const { config } = nodeFiles(folder)
  const named = existsSync(config) ? (await readNodeConfig(config)).passwordFile : undefined
  const hasOwn = named !== undefined || existsSync(passwordFileBeside(folder.keystore, NODE_WALLET))
  const { privateKey } = await openWallet(folder.keystore, NODE_WALLET, {
    passwordFile: hasOwn ? named && resolve(folder.node, named) : settings.passwordFile,
    ask: await passwordPrompt(context)
  })
  const { createNativeSigner } = await import('@archipel/client/node')
  const domain = createBondsDomain(bonds.chainId, bonds.bonds)
  return proveKeyPossession(createNativeSigner(privateKey), owner, domain)
}

function notEnough(needed: bigint, balance: bigint, money: (sum: bigint) => string): CodedError {
  return new CodedError('E_NO_FUNDS', `the wallet has ${money(balance)}`, {
    facts: { needed, balance },
    hint: 'get more of the token, or name a smaller amount'
  })
}
