import { scrypt as nodeScrypt } from 'node:crypto'
import { type Address, CodedError, fromHex, isHex, toHex } from '@archipel/protocol'
import { computeAddress, decryptKeystoreJson, encryptKeystoreJson, scrypt } from 'ethers'

/** Cost of guessing a password: scrypt's N, at r = 8 and p = 1. Memory is 1 KiB × N. */
export type KeystoreStrength = keyof typeof SCRYPT_N
const SCRYPT_N = {
  /** What other wallets use: about half a second and 128 MiB. */
  standard: 2 ** 17,
  /** For keys of a devnet, whose password lies in a file beside them. */
  light: 2 ** 10
}
/** A keystore that asks for more than this is refused instead of filling the memory. */
const SCRYPT_BYTES_MAX = 2 ** 30

// ethers' own scrypt is plain JavaScript and takes ten times as long as Node's.
scrypt.register(async (password, salt, N, r, p, dkLen) => toHex(await scryptBytes(password, salt, { N, r, p }, dkLen)))

/** A private key, and its address. */
export interface KeyPair {
  readonly address: Address
  /** 32 bytes. */
  readonly privateKey: Uint8Array
}

export function keyPairOf(privateKey: Uint8Array): KeyPair {
  return { address: computeAddress(toHex(privateKey)).toLowerCase() as Address, privateKey }
}

/** JSON of Web3 Secret Storage, version 3: every wallet reads it. */
export async function encryptKeystore(
  { address, privateKey }: KeyPair,
  password: string,
  strength: KeystoreStrength
): Promise<string> {
  const account = { address, privateKey: toHex(privateKey) }
  return encryptKeystoreJson(account, password, { scrypt: { N: SCRYPT_N[strength], r: 8, p: 1 } })
}

/**
 * @param file names the keystore in errors
 * @throws CodedError E_WRONG_PASSWORD, E_KEYSTORE_INVALID
 */
export async function decryptKeystore(json: string, password: string, file: string): Promise<KeyPair> {
  keystoreAddress(json, file)
  try {
    const { privateKey } = await decryptKeystoreJson(json, password)
    return keyPairOf(fromHex(privateKey))
  } catch (cause) {
    if (/incorrect password/.test((cause as Error).message)) {
      throw new CodedError('E_WRONG_PASSWORD', `wrong password for ${file}`, { facts: { file } })
    }
    throw invalid(file, cause)
  }
}

/** The address a keystore names, without its password. @throws CodedError E_KEYSTORE_INVALID */
export function keystoreAddress(json: string, file: string): Address {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch (cause) {
    throw invalid(file, cause)
  }
  const { version, address } = (parsed ?? {}) as { version?: unknown; address?: unknown }
  const text = typeof address === 'string' ? `0x${address.replace(/^0x/, '')}` : undefined
  if (version !== 3 || !isHex(text, 20)) throw invalid(file)
  return text.toLowerCase() as Address
}

function invalid(file: string, cause?: unknown): CodedError {
  return new CodedError('E_KEYSTORE_INVALID', `${file} is not a keystore this program can open`, {
    facts: { file },
    hint: 'it must be a Web3 Secret Storage file, version 3',
    ...(cause === undefined ? {} : { cause })
  })
}

function scryptBytes(
  password: Uint8Array,
  salt: Uint8Array,
  { N, r, p }: { N: number; r: number; p: number },
  length: number
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // 128·N·r for the mixing, 128·r·p for the blocks, and a little for the library.
    const maxmem = 128 * r * (N + p) + 2 ** 20
    if (maxmem > SCRYPT_BYTES_MAX) {
      reject(new RangeError(`scrypt would need ${maxmem} bytes`))
      return
    }
    nodeScrypt(password, salt, length, { N, r, p, maxmem }, (err, key) => {
      if (err) reject(err)
      else resolve(key)
    })
  })
}
