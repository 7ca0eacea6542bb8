import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, CodedError } from '@archipel/protocol'
import { KEYSTORE_BYTES_MAX, PASSWORD_BYTES_MAX } from '../config/limits.ts'
import { ensurePrivateFolder, readPrivateFile, writePrivateFile } from '../config/private-file.ts'
import {
  decryptKeystore,
  encryptKeystore,
  type KeyPair,
  type KeystoreStrength,
  keyPairOf,
  keystoreAddress
} from './keystore.ts'

export interface UnlockedWallet extends KeyPair {
  readonly name: string
  readonly file: string
}

export interface PasswordSource {
  /** From a flag or the configuration. */
  passwordFile: string | undefined
  /** Asks a person; undefined when nobody is there. */
  ask: ((message: string) => Promise<string>) | undefined
}

export function walletFile(keystore: string, name: string): string {
  return join(keystore, `${name}.json`)
}

/** A file beside the key that holds its password: made for devnets, and by whoever wants unattended starts. */
export function passwordFileBeside(keystore: string, name: string): string {
  return join(keystore, `${name}.password`)
}

/** @throws CodedError E_WALLET_EXISTS */
export async function createWallet(
  keystore: string,
  name: string,
  { password, strength = 'standard' }: { password: string; strength?: KeystoreStrength }
): Promise<UnlockedWallet> {
  const file = walletFile(keystore, name)
  // Checked early so that nobody waits for scrypt in vain, and again by the exclusive write.
  if (existsSync(file)) throw exists(file, name)
  await ensurePrivateFolder(keystore)
  const pair = randomKeyPair()
  const json = await encryptKeystore(pair, password, strength)
  if (!(await writePrivateFile(file, `${json}\n`, { exclusive: true }))) throw exists(file, name)
  return { ...pair, name, file }
}

/** @throws CodedError E_NO_WALLET, E_KEY_PERMISSIONS, E_KEYSTORE_INVALID, E_NO_PASSWORD, E_WRONG_PASSWORD */
export async function openWallet(keystore: string, name: string, source: PasswordSource): Promise<UnlockedWallet> {
  const file = walletFile(keystore, name)
  const json = await readKeystore(file, name)
  keystoreAddress(json, file)
  const beside = passwordFileBeside(keystore, name)
  const passwordFile = source.passwordFile ?? (existsSync(beside) ? beside : undefined)
  const password = await choosePassword({ ...source, passwordFile }, `Password of ${file}`)
  return { ...(await decryptKeystore(json, password, file)), name, file }
}

/** Address of a wallet, without its password. @throws CodedError E_NO_WALLET, E_KEY_PERMISSIONS, E_KEYSTORE_INVALID */
export async function walletAddress(keystore: string, name: string): Promise<Address> {
  const file = walletFile(keystore, name)
  return keystoreAddress(await readKeystore(file, name), file)
}

/** @throws CodedError E_NO_PASSWORD, E_PASSWORD_INVALID, E_KEY_PERMISSIONS */
export async function choosePassword({ passwordFile, ask }: PasswordSource, message: string): Promise<string> {
  if (passwordFile !== undefined) return readPassword(passwordFile)
  if (ask !== undefined) return ask(message)
  throw new CodedError('E_NO_PASSWORD', 'a password is needed and nobody can be asked', {
    hint: 'give a file that only you can read with --password-file'
  })
}

/** A file's text without its last line end. */
async function readPassword(file: string): Promise<string> {
  const bytes = await readPrivateFile(file, PASSWORD_BYTES_MAX)
  const password = new TextDecoder().decode(bytes).replace(/\r?\n$/, '')
  if (password !== '' && !password.includes('\n')) return password
  throw new CodedError('E_PASSWORD_INVALID', `${file} must hold one line: the password`, { facts: { file } })
}

async function readKeystore(file: string, name: string): Promise<string> {
  try {
    return new TextDecoder().decode(await readPrivateFile(file, KEYSTORE_BYTES_MAX))
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err
    throw new CodedError('E_NO_WALLET', `there is no wallet ${name}: no ${file}`, {
      facts: { name, file },
      hint: name === 'default' ? 'archipel wallet new makes one' : `archipel wallet new --name ${name} makes one`
    })
  }
}

/** Nearly every 32 bytes are a key; the few that are not are drawn again. */
function randomKeyPair(): KeyPair {
  for (;;) {
    try {
      return keyPairOf(new Uint8Array(randomBytes(32)))
    } catch {
      // Zero or past the curve's order: once in 2^127 draws.
    }
  }
}

function exists(file: string, name: string): CodedError {
  return new CodedError('E_WALLET_EXISTS', `there is a wallet ${name} already: ${file}`, {
    facts: { name, file },
    hint: 'choose another name with --name'
  })
}
