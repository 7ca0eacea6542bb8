import { CodedError } from '@archipel/protocol'
import { AbiCoder, type ErrorDescription, type Interface, isHexString } from 'ethers'
import { BONDS_MEANINGS } from '../bonds/errors.ts'
import { COURT_MEANINGS } from '../court/errors.ts'
import { CREDENTIALS_MEANINGS } from '../credentials/errors.ts'
import { UPTIME_MEANINGS } from '../uptime/errors.ts'
import {
  bondsInterface,
  courtInterface,
  credentialsInterface,
  escrowInterface,
  tokenInterface,
  uptimeInterface
} from './interfaces.ts'

interface Meaning {
  readonly code: string
  readonly message: string
  readonly hint?: string
}

/** Every custom error of our contracts and of the usual ERC-20, as ours. One table, so that nothing is explained twice. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  AmountZero: { code: 'E_AMOUNT_ZERO', message: 'the amount is zero', hint: 'name an amount above zero' },
  AccountZero: { code: 'E_ACCOUNT_ZERO', message: 'the zero account cannot own money' },
  RecipientInvalid: { code: 'E_RECIPIENT_INVALID', message: 'tokens cannot be sent there' },
  BalanceInsufficient: {
    code: 'E_NO_FUNDS',
    message: 'the escrow balance is too low',
    hint: 'deposit more: archipel escrow deposit AMOUNT'
  },
  CloseDelayOutOfRange: { code: 'E_CLOSE_DELAY', message: "the channel's close delay is out of range" },
  ChannelFull: { code: 'E_CHANNEL_FULL', message: 'the channel cannot count that far', hint: 'open another one' },
  ChannelClosing: {
    code: 'E_CHANNEL_CLOSING',
    message: 'the channel is closing',
    hint: 'redeem what is due; open a channel with another salt for new work'
  },
  ChannelEmpty: { code: 'E_CHANNEL_EXHAUSTED', message: 'the channel holds nothing' },
  SignatureInvalid: { code: 'E_BAD_SIGNATURE', message: 'not signed by whoever has to' },
  VoucherNotIncreasing: { code: 'E_VOUCHER_OLD', message: 'the channel has already paid that much' },
  RecordsMalformed: { code: 'E_RECORDS_MALFORMED', message: 'not a whole number of voucher records' },
  BatchPaysNothing: { code: 'E_NOTHING_TO_REDEEM', message: 'none of the vouchers pays anything' },
  CallerNotParty: { code: 'E_NOT_PARTY', message: 'only a party of the channel may do that' },
  CloseTooEarly: {
    code: 'E_CLOSE_TOO_EARLY',
    message: 'the channel cannot be closed yet',
    hint: 'request the close and wait for its delay, or let the payee close'
  },
  OrderExpired: { code: 'E_ORDER_EXPIRED', message: 'what was signed is not good any more', hint: 'sign another one' },
  NonceUsed: {
    code: 'E_NONCE_USED',
    message: 'that was done already, or cancelled',
    hint: 'sign another one, with a nonce of its own'
  },
  CallerNotArbiter: { code: 'E_NOT_ARBITER', message: "only the channel's arbiter may do that" },
  HoldOutOfRange: { code: 'E_HOLD_RANGE', message: 'a hold ends in the future, and not too far ahead' },
  ChannelOnHold: {
    code: 'E_CHANNEL_HELD',
    message: 'a dispute keeps the channel open',
    hint: 'wait for the dispute to end; it cannot last for ever'
  },
  ReentrancyGuardReentrantCall: { code: 'E_TOKEN_HOSTILE', message: 'the token called back into the escrow' },
  SafeERC20FailedOperation: { code: 'E_TOKEN_FAILED', message: 'the token refused the transfer' },
  ERC20InsufficientBalance: {
    code: 'E_NO_FUNDS',
    message: 'the token balance is too low',
    hint: 'get more of the token, or name a smaller amount'
  },
  ERC20InsufficientAllowance: {
    code: 'E_NO_ALLOWANCE',
    message: 'the escrow may not take that many tokens',
    hint: 'approve the escrow for the amount first'
  },
  ...BONDS_MEANINGS,
  ...CREDENTIALS_MEANINGS,
  ...UPTIME_MEANINGS
}

/** Of a contract whose errors have the names of others' and mean something else. */
const OWN_MEANINGS: ReadonlyMap<Interface, Readonly<Record<string, Meaning>>> = new Map([
  [courtInterface, COURT_MEANINGS]
])

/** Solidity's own two errors. */
const ERROR_STRING = '0x08c379a0'
const PANIC = '0x4e487b71'

/**
 * What a contract meant by reverting.
 *
 * @param data revert data, `0x`-hex; anything else counts as none
 * @param operation what was tried, for the message
 * @param via the contract that was called, where others' errors look like its own
 * @returns a CodedError whose facts are the error's own arguments, by name; E_TX_REVERTED for what we do not know
 */
export function decodeRevert(data: unknown, operation: string, via?: Interface): CodedError {
  const revertData = isHexString(data) ? data : '0x'
  const known = parseError(revertData, via)
  if (known !== undefined) {
    const { error, meaning } = known
    return new CodedError(meaning.code, `${operation}: ${meaning.message}`, {
      facts: { operation, ...factsOf(error) },
      ...(meaning.hint === undefined ? {} : { hint: meaning.hint })
    })
  }
  const reason = reasonOf(revertData)
  return new CodedError(
    'E_TX_REVERTED',
    `${operation}: the contract refused${reason === undefined ? '' : `: ${reason}`}`,
    {
      facts: { operation, data: revertData.slice(0, 200), ...(reason === undefined ? {} : { reason }) }
    }
  )
}

/**
 * The code that {@link decodeRevert} gives to an error known only by its 4-byte selector, as `VoucherSkipped` has it.
 */
export function codeOfSelector(selector: string): string {
  const name = escrowInterface.getError(selector)?.name ?? ''
  return MEANINGS[name]?.code ?? 'E_TX_REVERTED'
}

/** Names of all errors in the table: a test holds it against the ABI. */
export const KNOWN_ERRORS: readonly string[] = [MEANINGS, ...OWN_MEANINGS.values()].flatMap(table => Object.keys(table))

/** Where an error may come from; the first that knows it explains it. */
const INTERFACES = [
  escrowInterface,
  bondsInterface,
  uptimeInterface,
  credentialsInterface,
  courtInterface,
  tokenInterface
]

function parseError(data: string, via?: Interface): { error: ErrorDescription; meaning: Meaning } | undefined {
  try {
    for (const known of via === undefined ? INTERFACES : [via, ...INTERFACES]) {
      const error = known.parseError(data)
      const meaning = error === null ? undefined : (OWN_MEANINGS.get(known)?.[error.name] ?? MEANINGS[error.name])
      if (error !== null && meaning !== undefined) return { error, meaning }
    }
  } catch {
    // Half an error is none.
  }
  return undefined
}

function factsOf({ fragment, args }: ErrorDescription): Record<string, unknown> {
  return Object.fromEntries(fragment.inputs.map((input, i) => [input.name, args[i]]))
}

function reasonOf(data: string): string | undefined {
  try {
    const body = `0x${data.slice(10)}`
    if (data.startsWith(ERROR_STRING))
      return String(AbiCoder.defaultAbiCoder().decode(['string'], body)[0]).slice(0, 200)
    if (data.startsWith(PANIC)) return `panic ${AbiCoder.defaultAbiCoder().decode(['uint256'], body)[0]}`
  } catch {
    // A contract may revert with anything at all.
  }
  return undefined
}
