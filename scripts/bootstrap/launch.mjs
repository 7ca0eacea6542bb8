import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { environmentOf } from './prepare.mjs'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGWINCH']
/** One Ctrl-C reaches us from the terminal and again from npm; a person's second one comes later than this. */
const SAME_SIGNAL_MS = 300

/**
 * Runs Node with `args` in `folder`, passes signals on and returns the exit code (128 + n after signal n).
 *
 * The child leads a session of its own, so a Ctrl-C reaches it only through us: once, not from the terminal, from npm
 * and from us. It still may read and draw on the terminal.
 */
export function launch(tools, args, folder) {
  return new Promise(resolve => {
    const child = spawn(tools.node, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: folder,
      env: environmentOf(tools),
      stdio: 'inherit',
      detached: process.platform !== 'win32'
    })
    const lastMs = new Map()
    for (const signal of FORWARDED) {
      process.on(signal, () => {
        const nowMs = performance.now()
        if (nowMs - (lastMs.get(signal) ?? Number.NEGATIVE_INFINITY) > SAME_SIGNAL_MS) child.kill(signal)
        lastMs.set(signal, nowMs)
      })
    }
    // Ctrl-Z stops the whole task, `fg` continues it.
    process.on('SIGTSTP', () => {
      child.kill('SIGSTOP')
      process.kill(process.pid, 'SIGSTOP')
    })
    process.on('SIGCONT', () => child.kill('SIGCONT'))
    child.on('error', err => {
      console.error(`error[E_BOOTSTRAP]: ${tools.node} could not be started: ${err.message}`)
      console.error('hint: delete node_modules/.archipel and try again')
      resolve(1)
    })
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}
