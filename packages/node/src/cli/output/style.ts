import { styleText } from 'node:util'

export type StyleName = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'
/** Paints text, or leaves it alone where colours are not wanted. */
export type Style = (name: StyleName, text: string) => string

export interface StyleInit {
  isTty: boolean
  env: NodeJS.ProcessEnv
  /** From `--no-color`. */
  color: boolean
}

/** Colours only on a terminal that understands them, and only if nobody said no (no-color.org). */
export function createStyle({ isTty, env, color }: StyleInit): Style {
  const isOff = !color || !isTty || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb'
  // The decision is taken here, once, so styleText must not look at the stream or the environment again.
  return isOff ? (_, text) => text : (name, text) => styleText(name, text, { validateStream: false })
}
