import {
  bondsBytecode,
  courtBytecode,
  credentialsBytecode,
  escrowBytecode,
  testTokenBytecode,
  uptimeBytecode
} from '@archipel/contracts'
import { type Address, CodedError, type Hex, type Wei } from '@archipel/protocol'
import { AbiCoder, concat, getCreate2Address, getCreateAddress, keccak256, ZeroHash } from 'ethers'
import { type CallOptions, createRpc, type Rpc, type RpcInit } from '../rpc/rpc.ts'
import type { TxReceipt } from '../transactions/receipt.ts'
import { createSender, type Sender, type TransactionSigner } from '../transactions/sender.ts'
import { tokenInterface } from './interfaces.ts'

/**
 * Deploys whatever it is sent, at an address that depends on nothing but the code: the deterministic deployment proxy
 * that most chains have (https://github.com/Arachnid/deterministic-deployment-proxy). anvil has it from the start.
 */
export const CREATE2_DEPLOYER: Address = '0x4e59b44847b379578588920ca78fbf26c0b4956c'

export interface DeployInit extends RpcInit {
  /** Pays for the deployment and gets no rights by it. */
  signer: TransactionSigner
  /** What a juror's seat costs, in units of the token, a multiple of 20; {@link SEAT_UNIT} if left out. */
  seatUnit?: Wei | undefined
}

/** Of the test token, which has 18 decimals: a quantum of stake is one whole token. */
export const SEAT_UNIT: Wei = 20n * 10n ** 18n

export interface Deployment {
  readonly escrow: Address
  readonly bonds: Address
  readonly uptime: Address
  readonly credentials: Address
  readonly court: Address
  readonly token: Address
  /** Block of the escrow's deployment; 0 if it was there already, so that no event can be missed. */
  readonly deployedAt: number
}

/**
 * Puts the contracts and the test token on a chain, or finds them there. What a contract's constructor is given are
 * only addresses of other contracts, and numbers, so that its own address depends on nothing but those and code either.
 *
 * @throws what {@link Sender.send} throws
 */
export async function deployContracts(
  { signer, seatUnit = SEAT_UNIT, ...rpcInit }: DeployInit,
  options?: CallOptions
): Promise<Deployment> {
  const rpc = createRpc(rpcInit)
  const sender = createSender({ rpc, signer })
  const put = (name: string, code: Hex) => deploy(rpc, sender, `deploy ${name}`, code, options)
  const escrow = await put('escrow', escrowBytecode)
  const bonds = await put('bonds', withArguments(bondsBytecode, escrow.address))
  const uptime = await put('uptime', withArguments(uptimeBytecode, escrow.address, bonds.address))
  const credentials = await put('credentials', withArguments(credentialsBytecode, escrow.address))
  const token = await put('token', testTokenBytecode)
  const courtArguments = [escrow.address, bonds.address, token.address, seatUnit] as const
  const court = await put('court', withArguments(courtBytecode, ...courtArguments))
  return {
    escrow: escrow.address,
    bonds: bonds.address,
    uptime: uptime.address,
    credentials: credentials.address,
    court: court.address,
    token: token.address,
    deployedAt: escrow.blockNumber ?? 0
  }
}

export interface MintInit extends Omit<DeployInit, 'seatUnit'> {
  /** A test token: anybody may mint it. */
  token: Address
  to: Address
  amount: Wei
}

/** Makes test tokens out of nothing. */
export function mintTestTokens(
  { token, to, amount, signer, ...rpcInit }: MintInit,
  options?: CallOptions
): Promise<TxReceipt> {
  const data = tokenInterface.encodeFunctionData('mint', [to, amount]) as Hex
  return createSender({ rpc: createRpc(rpcInit), signer }).send({ operation: 'mint', to: token, data }, options)
}

/** Creation code with what its constructor takes: ABI-encoded arguments follow the code. */
function withArguments(code: Hex, ...values: (Address | bigint)[]): Hex {
  const types = values.map(value => (typeof value === 'bigint' ? 'uint256' : 'address'))
  return concat([code, AbiCoder.defaultAbiCoder().encode(types, values)]) as Hex
}

interface Deployed {
  readonly address: Address
  /** Undefined when it was there already. */
  readonly blockNumber: number | undefined
}

async function deploy(
  rpc: Rpc,
  sender: Sender,
  operation: string,
  code: Hex,
  options?: CallOptions
): Promise<Deployed> {
  if (await isContract(rpc, CREATE2_DEPLOYER, options)) return deployCreate2(rpc, sender, operation, code, options)
  const nonce = Number(await rpc.request('eth_getTransactionCount', [sender.address, 'pending'], options))
  const address = getCreateAddress({ from: sender.address, nonce }).toLowerCase() as Address
  const { blockNumber } = await sender.send({ operation, data: code }, options)
  return confirmed(rpc, { address, blockNumber }, options)
}

async function deployCreate2(
  rpc: Rpc,
  sender: Sender,
  operation: string,
  code: Hex,
  options?: CallOptions
): Promise<Deployed> {
  const address = getCreate2Address(CREATE2_DEPLOYER, ZeroHash, keccak256(code)).toLowerCase() as Address
  if (await isContract(rpc, address, options)) return { address, blockNumber: undefined }
  const data = concat([ZeroHash, code]) as Hex
  const { blockNumber } = await sender.send({ operation, to: CREATE2_DEPLOYER, data }, options)
  return confirmed(rpc, { address, blockNumber }, options)
}

async function confirmed(rpc: Rpc, deployed: Deployed, options?: CallOptions): Promise<Deployed> {
  if (await isContract(rpc, deployed.address, options)) return deployed
  throw new CodedError('E_DEPLOY_FAILED', `no contract came to be at ${deployed.address}`, { facts: { ...deployed } })
}

async function isContract(rpc: Rpc, address: Address, options?: CallOptions): Promise<boolean> {
  return String(await rpc.request('eth_getCode', [address, 'latest'], options)) !== '0x'
}
