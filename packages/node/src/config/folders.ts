import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'

type Env = NodeJS.ProcessEnv

/** `$XDG_DATA_HOME/archipel`. A relative XDG path is ignored, as its specification asks. */
export function dataHome(env: Env): string {
  return join(xdg(env.XDG_DATA_HOME, '.local/share'), 'archipel')
}

/** `$XDG_CONFIG_HOME/archipel` */
export function configHome(env: Env): string {
  return join(xdg(env.XDG_CONFIG_HOME, '.config'), 'archipel')
}

function xdg(given: string | undefined, fallback: string): string {
  return given !== undefined && isAbsolute(given) ? given : join(homedir(), fallback)
}

/** Where everything of one network lies: `<data home>/<network>`, or the folder given as `--data-dir`. */
export interface NetworkFolder {
  readonly root: string
  /** What a stranger needs to join: {@link NetworkDescriptor}. */
  readonly descriptor: string
  readonly keystore: string
  /** The buyer's jobs and channels. */
  readonly buyer: string
  /** A provider's configuration, store, lock and control socket. */
  readonly node: string
}

export function networkFolder(root: string): NetworkFolder {
  return {
    root,
    descriptor: join(root, 'network.json'),
    keystore: join(root, 'keystore'),
    buyer: join(root, 'buyer'),
    node: join(root, 'node')
  }
}

/** Files inside {@link NetworkFolder.node}. */
export function nodeFiles({ node }: NetworkFolder): { config: string; lock: string; control: string } {
  return { config: join(node, 'node.yaml'), lock: join(node, 'lock'), control: join(node, 'control.sock') }
}

/** Files inside {@link NetworkFolder.buyer}: the store as the client lays it out, and who uses it. */
export function clientFiles({ buyer }: NetworkFolder): { store: string; lock: string; control: string } {
  return { store: join(buyer, 'store'), lock: join(buyer, 'lock'), control: join(buyer, 'control.sock') }
}
