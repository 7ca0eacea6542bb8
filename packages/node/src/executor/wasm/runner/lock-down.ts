import { registerHooks } from 'node:module'

/** What talks to a network or to other threads; the runner uses none of it. */
const GLOBALS_REMOVED = [
  'fetch',
  'Request',
  'Response',
  'WebSocket',
  'EventSource',
  'BroadcastChannel',
  'MessageChannel',
  'navigator',
  'process'
]

/**
 * Takes away what this process has no use for once its own modules are loaded: network globals, the way to further
 * modules, and its environment. Programs cannot reach any of it through WebAssembly; this is for the day one finds out
 * how to.
 */
export function lockDown(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) delete env[name]
  for (const name of GLOBALS_REMOVED) Reflect.deleteProperty(globalThis, name)
  // Node before 22.15 does not have it.
  registerHooks?.({
    resolve: specifier => {
      throw new Error(`no more modules: ${specifier.slice(0, 100)}`)
    }
  })
}
