import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toHex } from '@archipel/protocol'
import { Wallet } from 'ethers'
import { describe, expect, test } from 'vitest'
import { KEYSTORE_BYTES_MAX, PASSWORD_BYTES_MAX } from '../../src/config/limits.ts'
import { writePrivateFile } from '../../src/config/private-file.ts'
import { decryptKeystore, encryptKeystore, keyPairOf } from '../../src/wallet/keystore.ts'
import { createWallet, openWallet, passwordFileBeside, walletAddress, walletFile } from '../../src/wallet/wallet.ts'
import { temporaryFolder } from '../config/temporary-folder.ts'

const LIGHT = { password: 'secret', strength: 'light' } as const
const NOBODY = { passwordFile: undefined, ask: undefined }

describe('a keystore', () => {
  test('of standard strength opens again, and in other wallets', async () => {
    const pair = keyPairOf(new Uint8Array(32).fill(7))
    const json = await encryptKeystore(pair, 'pässword', 'standard')
    expect(JSON.parse(json)).toMatchObject({
      version: 3,
      Crypto: { kdf: 'scrypt', kdfparams: { n: 131072, r: 8, p: 1 } }
    })
    expect(json).not.toContain(toHex(pair.privateKey).slice(2))
    await expect(decryptKeystore(json, 'pässword', 'k')).resolves.toEqual(pair)
    expect(Wallet.fromEncryptedJsonSync(json, 'pässword').address.toLowerCase()).toBe(pair.address)
  })

  test('refuses a wrong password, and text that is no keystore', async () => {
    const json = await encryptKeystore(keyPairOf(new Uint8Array(32).fill(7)), 'right', 'light')
    await expect(decryptKeystore(json, 'wrong', 'k')).rejects.toMatchObject({ code: 'E_WRONG_PASSWORD' })
    for (const bad of ['', '[]', 'null', '{"version":3}', json.replace('"version":3', '"version":1')]) {
      await expect(decryptKeystore(bad, 'right', 'k')).rejects.toMatchObject({ code: 'E_KEYSTORE_INVALID' })
    }
  })

  test('that asks for more memory than allowed is refused, not tried', async () => {
    const json = await encryptKeystore(keyPairOf(new Uint8Array(32).fill(7)), 'right', 'light')
    const greedy = json.replace('"n":1024', `"n":${2 ** 30}`)
    expect(greedy).not.toBe(json)
    await expect(decryptKeystore(greedy, 'right', 'k')).rejects.toMatchObject({ code: 'E_KEYSTORE_INVALID' })
  })
})

describe('a wallet', () => {
  test('is a private file that opens with its password', async () => {
    const folder = temporaryFolder()
    const made = await createWallet(folder, 'mine', LIGHT)
    expect((statSync(made.file).mode & 0o777).toString(8)).toBe('600')
    expect(await walletAddress(folder, 'mine')).toBe(made.address)
    const opened = await openWallet(folder, 'mine', { passwordFile: undefined, ask: async () => 'secret' })
    expect(opened).toEqual(made)
  })

  test('is never written over', async () => {
    const folder = temporaryFolder()
    const { file } = await createWallet(folder, 'mine', LIGHT)
    const before = readFileSync(file)
    await expect(createWallet(folder, 'mine', LIGHT)).rejects.toMatchObject({ code: 'E_WALLET_EXISTS' })
    expect(readFileSync(file)).toEqual(before)
  })

  test('takes its password from the file named, else from the one beside it, else from a person', async () => {
    const folder = temporaryFolder()
    const { address } = await createWallet(folder, 'mine', LIGHT)
    const named = join(folder, 'named')
    await writePrivateFile(named, 'secret\r\n')
    const open = (source: Parameters<typeof openWallet>[2]) => openWallet(folder, 'mine', source)
    await expect(open(NOBODY)).rejects.toMatchObject({ code: 'E_NO_PASSWORD' })
    await expect(open({ ...NOBODY, passwordFile: named })).resolves.toMatchObject({ address })

    await writePrivateFile(passwordFileBeside(folder, 'mine'), 'wrong\n')
    await expect(open({ ...NOBODY, passwordFile: named })).resolves.toMatchObject({ address })
    await expect(open({ passwordFile: undefined, ask: async () => 'secret' })).rejects.toMatchObject({
      code: 'E_WRONG_PASSWORD'
    })
  })

  test.for([
    ['', 'E_PASSWORD_INVALID'],
    ['\n', 'E_PASSWORD_INVALID'],
    ['two\nlines\n', 'E_PASSWORD_INVALID'],
    ['x'.repeat(PASSWORD_BYTES_MAX + 1), 'E_FILE_TOO_LARGE'],
    ['x'.repeat(PASSWORD_BYTES_MAX), 'E_WRONG_PASSWORD']
  ] as const)('refuses password file %#', async ([text, code]) => {
    const folder = temporaryFolder()
    await createWallet(folder, 'mine', LIGHT)
    await writePrivateFile(join(folder, 'pw'), text)
    const opening = openWallet(folder, 'mine', { passwordFile: join(folder, 'pw'), ask: undefined })
    await expect(opening).rejects.toMatchObject({ code })
  })

  test('of absurd size is not read', async () => {
    const folder = temporaryFolder()
    const { file } = await createWallet(folder, 'mine', LIGHT)
    const json = readFileSync(file, 'utf8').trimEnd()
    writeFileSync(walletFile(folder, 'mine'), json.padEnd(KEYSTORE_BYTES_MAX, ' '))
    await expect(walletAddress(folder, 'mine')).resolves.toMatch(/^0x/)
    writeFileSync(walletFile(folder, 'mine'), json.padEnd(KEYSTORE_BYTES_MAX + 1, ' '))
    await expect(walletAddress(folder, 'mine')).rejects.toMatchObject({ code: 'E_FILE_TOO_LARGE' })
  })
})
