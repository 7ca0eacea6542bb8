import { choosePassword, createWallet, walletAddress } from '../../wallet/wallet.ts'
import { type Context, passwordPrompt } from '../context.ts'
import { codedError } from '../errors/coded.ts'
import type { Invocation } from '../host.ts'

interface NewOptions {
  name?: string
}

export async function newWallet({ context, options }: Invocation<NewOptions>): Promise<undefined> {
  const [settings, { keystore }] = await Promise.all([context.settings(), context.folder()])
  const name = options.name ?? settings.wallet
  const password = await newPassword(context, settings.passwordFile)
  const { address, file } = await createWallet(keystore, name, { password })
  await context.output.answer({
    json: { name, address, file },
    names: () => [address],
    human: ({ fields }) =>
      fields([
        ['address', address],
        ['file', file]
      ])
  })
  context.output.note('Keep the file and its password: without both, what the address holds is lost.')
}

export async function showAddress({ context }: Invocation<object>): Promise<undefined> {
  const [{ wallet }, { keystore }] = await Promise.all([context.settings(), context.folder()])
  const address = await walletAddress(keystore, wallet)
  await context.output.answer({
    json: { name: wallet, address },
    names: () => [address],
    human: () => address
  })
}

/** A password for a new key: from a file, or typed twice. */
export async function newPassword(context: Context, passwordFile: string | undefined): Promise<string> {
  const ask = await passwordPrompt(context)
  const password = await choosePassword({ passwordFile, ask }, 'Choose a password for the new key')
  if (passwordFile !== undefined || ask === undefined) return password
  if (password === '') throw codedError('E_PASSWORD_INVALID', 'an empty password protects nothing')
  if ((await ask('The same password again')) === password) return password
  throw codedError('E_PASSWORD_INVALID', 'the two passwords differ', { hint: 'nothing was written: run it again' })
}
