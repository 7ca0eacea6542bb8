import { expect, it } from 'vitest'
import { createModuleCache } from '../../../../src/executor/wasm/runner/module-cache.ts'
import { noop } from '../../programs.ts'

const module = new WebAssembly.Module(noop as BufferSource)
const kept = (cache: ReturnType<typeof createModuleCache>, keys: string[]) => keys.filter(key => cache.get(key))

it('keeps so many programs, those used last', () => {
  const cache = createModuleCache(3, 1000)
  for (const key of ['a', 'b', 'c']) cache.set(key, module, 1)
  expect(cache.get('a')).toBe(module)
  cache.set('d', module, 1)
  expect(kept(cache, ['a', 'b', 'c', 'd'])).toEqual(['a', 'c', 'd'])
})

it('keeps so many bytes, and the newest program in any case', () => {
  const cache = createModuleCache(10, 100)
  cache.set('a', module, 60)
  cache.set('b', module, 40)
  expect(kept(cache, ['a', 'b'])).toEqual(['a', 'b'])
  cache.set('c', module, 1)
  expect(kept(cache, ['a', 'b', 'c'])).toEqual(['b', 'c'])
  cache.set('huge', module, 101)
  expect(kept(cache, ['a', 'b', 'c', 'huge'])).toEqual(['huge'])
})

it('counts a program once however often it is put', () => {
  const cache = createModuleCache(10, 100)
  for (let i = 0; i < 5; i++) cache.set('a', module, 60)
  cache.set('b', module, 40)
  expect(kept(cache, ['a', 'b'])).toEqual(['a', 'b'])
})
