import { createStore } from '../../src/store/index.ts'

/*
 * What a test does in another process: hold a store open, count up with durable commits and say each number once it is
 * safe, or write until the disk refuses.
 */

const [task, location] = process.argv.slice(2)
const store = await createStore({ location: location! })
const table = store.table<unknown>('t')
const key = (i: number) => String(i).padStart(9, '0')
const say = (line: string | number) => process.stdout.write(`${line}\n`)

if (task === 'hold') {
  say('open')
  setInterval(() => {}, 60_000)
} else if (task === 'count') {
  for (let i = 1; ; i++) {
    await store.commit([table.put(key(i), i)])
    say(i)
  }
} else {
  for (let i = 1; ; i++) {
    try {
      await store.commit([table.put(key(i), { i, filler: crypto.getRandomValues(new Uint8Array(2_000)) })])
    } catch (err) {
      say(i - 1)
      say((err as { code: string }).code)
      process.exit(0)
    }
  }
}
