import { createRandom } from '../differential/random.ts'

const FIRST = ['Ada', 'Björn', 'Chloé', 'Dmitri', 'Emeka', 'Fatima', 'Grace', 'Hiro']
const LAST = ['Abara', 'Brown', 'Çelik', 'Dvořák', 'Evans', 'Fischer', 'García']
const CITIES = ['Accra', 'Bergen', 'Köln', 'Lyon', 'Łódź', 'Osaka']
const WORDS =
  'the of and to in a is that for it as was with be by on not he this are or his from at which but have an had they'
    .concat(
      ' harbour island lantern current whose tide between quarry timber winter without journey across evening mountain'
    )
    .split(' ')

/** Statements that fill the tables of inputs/database.sql. */
export function rows(people: number, visits: number): Uint8Array {
  const random = createRandom(1)
  const lines: string[] = []
  for (let id = 1; id <= people; id++) {
    const name = `${random.pick(FIRST)} ${random.pick(LAST)}`
    lines.push(`INSERT INTO person VALUES (${id}, '${name}', '${random.pick(CITIES)}', ${1930 + random.below(80)});`)
  }
  for (let i = 0; i < visits; i++) {
    const values = [1 + random.below(people), random.below(365), random.below(1e6) / 100]
    lines.push(`INSERT INTO visit VALUES (${values.join(', ')});`)
  }
  return bytesOf(`${lines.join('\n')}\n`)
}

/** People, as JSON. */
export function json(count: number): Uint8Array {
  const random = createRandom(3)
  const all = Array.from({ length: count }, (_, id) => ({
    id,
    name: `${random.pick(FIRST)} ${random.pick(LAST)}`,
    age: random.below(900) / 10,
    city: random.pick(CITIES),
    tags: Array.from({ length: random.below(4) }, () => random.pick(WORDS))
  }))
  return bytesOf(JSON.stringify(all))
}

/** Words with punctuation: compresses about as well as prose does. */
export function prose(bytes: number): Uint8Array {
  const random = createRandom(4)
  let text = ''
  while (text.length < bytes) {
    // The product of two favours small numbers, as languages favour some words.
    text += WORDS[Math.floor((random.below(100) * random.below(100) * WORDS.length) / 1e4)]!
    text += random.chance(10) ? '.\n' : random.chance(10) ? ', ' : ' '
    if (random.chance(20)) text += `${random.below(10_000)} `
  }
  return bytesOf(text).subarray(0, bytes)
}

/** What cannot be compressed. */
export function noise(bytes: number): Uint8Array {
  const random = createRandom(5)
  return Uint8Array.from({ length: bytes }, () => random.below(256))
}

/** Gradients, an edge and grain, as PPM. */
export function picture(width: number, height: number): Uint8Array {
  const random = createRandom(6)
  const pixels = new Uint8Array(width * height * 3)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 3) ** 2
      const grain = random.below(9)
      const at = 3 * (y * width + x)
      pixels.set(
        inside ? [200 + grain, 40 + grain, (x * 5) & 127] : [x & 255, (2 * y + grain) & 255, 255 - (x & 255)],
        at
      )
    }
  }
  return Buffer.concat([bytesOf(`P6\n${width} ${height}\n255\n`), pixels])
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
