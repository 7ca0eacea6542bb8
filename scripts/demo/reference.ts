// Runs a WASI program with Node's own WASI and nothing of ours: node reference.ts PROGRAM FOLDER ARGV…
import { readFile } from 'node:fs/promises'
import { WASI } from 'node:wasi'

const [program, folder, ...args] = process.argv.slice(2)
const wasi = new WASI({ version: 'preview1', args, env: {}, preopens: { '/': folder! }, returnOnExit: true })
const module = await WebAssembly.compile(await readFile(program!))
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject() as WebAssembly.Imports))
