/**
 * Stands in for runner/main.js: what a program could do that has broken out of WebAssembly and out of the engine. Speaks
 * the runner's protocol, so that it is started, given a job and believed as a runner is. Tries everything named in its job's
 * second argument and puts out, as JSON, what came of each.
 */
import { spawnSync } from 'node:child_process'
import dgram from 'node:dgram'
import fs from 'node:fs'
import net from 'node:net'
import os from 'node:os'

const FRAME = { run: 5, ready: 16, stdout: 18, done: 20, started: 21 }
const PATIENCE_MS = 2000
const PIECE_BYTES = 16 * 1024 * 1024

/** Each returns what it got hold of, or throws what stopped it. */
const TRIES = {
  'read a file of the host': () => fs.readFileSync('/etc/passwd', 'utf8').length,
  'list folders of the host': () => {
    const found = ['/home', '/root', '/etc', '/tmp', '/proc', '/sys', '/dev'].filter(path => fs.existsSync(path))
    if (found.length === 0) throw new Error('nothing there')
    return found
  },
  'read the environment of another process': ({ victimPid, secret }) => {
    if (!fs.readFileSync(`/proc/${victimPid}/environ`, 'utf8').includes(secret)) throw new Error('not that process')
    return secret
  },
  'find anything in its own environment': () => {
    const names = Object.keys(process.env).filter(name => !['PWD', '_', 'OLDPWD', 'SHLVL'].includes(name))
    if (names.length === 0) throw new Error('empty')
    return names
  },
  'write a file': ({ folder }) => {
    let reason
    for (const path of [`${folder}/planted`, '/tmp/archipel-planted', '/planted', '/archipel/modules/planted']) {
      try {
        fs.writeFileSync(path, 'x'.repeat(4096))
        fs.rmSync(path)
        return path
      } catch (err) {
        reason = err
      }
    }
    throw reason
  },
  'plant a symbolic link': ({ folder }) => {
    fs.symlinkSync('/etc/passwd', `${folder}/link`)
    fs.rmSync(`${folder}/link`)
    return folder
  },
  'connect to a port of the host': ({ port }) => settle(done => net.connect(port, '127.0.0.1', done)),
  'connect to an abstract socket of the host': ({ abstract }) =>
    settle(done => net.connect({ path: `\0${abstract}` }, done)),
  // Connecting a datagram socket asks for a route and sends nothing.
  'have a route to the metadata address': () => routeTo('169.254.169.254', 80),
  'have a route to a name server': () => routeTo('192.0.2.53', 53),
  'start a program': () => {
    const { error, status } = spawnSync(process.execPath, ['--version'])
    if (error) throw error
    return status
  },
  'signal the node': ({ nodePid }) => process.kill(nodePid, 0),
  'end another process of the host': ({ victimPid }) => process.kill(victimPid, 'SIGKILL'),
  'have two hundred files open': () => {
    const fds = []
    try {
      while (fds.length < 200) fds.push(fs.openSync(process.execPath, 'r'))
      return fds.length
    } finally {
      for (const fd of fds) fs.closeSync(fd)
    }
  },
  'take precedence over everybody': () => {
    os.setPriority(-10)
    return os.getPriority()
  },
  'become root': () => {
    if (process.getuid() !== 0) process.setuid(0)
    return process.getuid()
  },
  'have a hundred threads': async () => {
    // Node's pool for files, which starts all of its threads with the first.
    process.env.UV_THREADPOOL_SIZE = '100'
    await fs.promises.stat('/')
  },
  'take half a gibibyte': () => {
    const pieces = []
    while (pieces.length * PIECE_BYTES < 2 ** 29) pieces.push(Buffer.alloc(PIECE_BYTES, 1))
    return pieces.length
  }
}

function routeTo(address, port) {
  return settle(done => dgram.createSocket('udp4').on('error', done).connect(port, address, done))
}

/** What a callback comes to; a failure where it is never called. */
function settle(start) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no answer')), PATIENCE_MS)
    const done = err => {
      clearTimeout(timer)
      if (err) reject(err)
      else resolve(true)
    }
    const started = start(done)
    started?.on?.('error', done)
  })
}

function send(type, text = '') {
  const payload = Buffer.from(text)
  const header = Buffer.alloc(5)
  header.writeUInt32LE(payload.length, 0)
  header[4] = type
  fs.writeSync(1, Buffer.concat([header, payload]))
}

/** The job's message; waits for its end. */
function receive() {
  let bytes = Buffer.alloc(0)
  const chunk = Buffer.alloc(65536)
  let message
  for (;;) {
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32LE(0)) {
      const end = 5 + bytes.readUInt32LE(0)
      if (bytes[4] === FRAME.run) return message
      message ??= JSON.parse(bytes.subarray(5, end).toString())
      bytes = bytes.subarray(end)
    }
    const count = fs.readSync(0, chunk)
    if (count === 0) process.exit(0)
    bytes = Buffer.concat([bytes, chunk.subarray(0, count)])
  }
}

send(FRAME.ready)
const { args } = receive()
const aim = JSON.parse(args[1])
send(FRAME.started)
const outcomes = {}
for (const name of aim.tries) {
  try {
    outcomes[name] = { got: (await TRIES[name](aim)) ?? true }
  } catch (err) {
    outcomes[name] = { refused: err.code ?? err.message }
  }
}
send(FRAME.stdout, JSON.stringify(outcomes))
send(FRAME.done, JSON.stringify({ exitCode: 0, runMs: 0, cpuMs: 0, memoryBytes: 0 }))
process.exit(0)
