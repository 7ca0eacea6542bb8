/** Ends the process the way the `archipel` command reports an error. */
export function fail(code, message, hint, exitCode = 1) {
  console.error(`error[${code}]: ${message}\nhint: ${hint}`)
  process.exit(exitCode)
}
