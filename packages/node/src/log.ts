import type { Logger as PinoLogger } from 'pino'

/** Facts first, then what happened. Facts never hold keys or passwords. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>
