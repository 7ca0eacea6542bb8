import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const ADDRESS = '0x00000000000000000000000000000000000000a1'
export const PASSWORD = 'correct horse battery staple'

/** Where a network's files lie below a home folder. */
export function networkRoot(home: string): string {
  return join(home, '.local/share/archipel/devnet')
}

/** A file `password` in the folder, as `--password-file` wants it. */
export function writePassword(folder: string, password = PASSWORD): void {
  write(join(folder, 'password'), `${password}\n`, 0o600)
}

export function writeKeystore(
  home: string,
  mode = 0o600,
  text = JSON.stringify({ version: 3, address: ADDRESS.slice(2) })
): void {
  write(join(networkRoot(home), 'keystore/default.json'), text, mode)
}

export function writeNetwork(home: string, rpcUrl: string): void {
  const network = {
    name: 'devnet',
    chainId: 31337,
    rpcUrls: [rpcUrl],
    escrow: ADDRESS,
    token: ADDRESS,
    deployedAt: 0,
    bootstrap: [],
    allowPrivateAddresses: true
  }
  write(join(networkRoot(home), 'network.json'), JSON.stringify(network), 0o644)
}

function write(file: string, text: string, mode: number): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, text)
  chmodSync(file, mode)
}
