import { describe, expect, it } from 'vitest'
import { foldName, NAME_BYTES_MAX, PATH_DEPTH_MAX, splitPath } from '../../src/content/path.ts'

describe('content paths', () => {
  it.each([
    ['a', ['a']],
    ['src/math/Vector3.js', ['src', 'math', 'Vector3.js']],
    ['..a/b..', ['..a', 'b..']],
    ['...', ['...']],
    ['é/日本/a b', ['é', '日本', 'a b']],
    ['C:', ['C:']],
    ['n'.repeat(NAME_BYTES_MAX), ['n'.repeat(NAME_BYTES_MAX)]],
    [Array(PATH_DEPTH_MAX).fill('d').join('/'), Array(PATH_DEPTH_MAX).fill('d')]
  ])('%j is fine', (path, names) => {
    expect(splitPath(path)).toEqual(names)
  })

  it.each([
    '',
    '/',
    '/etc/passwd',
    '//a',
    'a//b',
    'a/',
    '.',
    '..',
    './a',
    'a/./b',
    '../a',
    'a/../../b',
    'a/..',
    'a\\b',
    '..\\a',
    'a\0b',
    'a\nb',
    'a\u007f',
    '\u001b[2J',
    '\ud800',
    'n'.repeat(NAME_BYTES_MAX + 1),
    'é'.repeat(NAME_BYTES_MAX / 2 + 1),
    Array(PATH_DEPTH_MAX + 1)
      .fill('d')
      .join('/'),
    `${'n'.repeat(200)}/`.repeat(30).slice(0, -1)
  ])('%j is refused', path => {
    expect(() => splitPath(path)).toThrow(expect.objectContaining({ code: 'E_CONTENT_PATH' }))
  })

  it('folds what some file systems take for one name', () => {
    expect(foldName('README.md')).toBe(foldName('readme.MD'))
    expect(foldName('e\u0301')).toBe(foldName('\u00c9'))
    expect(foldName('a')).not.toBe(foldName('b'))
  })
})
