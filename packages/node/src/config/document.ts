import { CodedError } from '@archipel/protocol'
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { CONFIG_BYTES_MAX } from './limits.ts'
import { readBounded } from './private-file.ts'

export interface DocumentInit<Schema extends z.ZodType> {
  schema: Schema
  /** Code of the error for a bad document. */
  code: string
  hint?: string
}

/**
 * Reads a YAML (or JSON, which is YAML) file and checks it. Every mistake is named with file, line, column and key.
 *
 * @throws CodedError with the code given, E_FILE_TOO_LARGE, or the system's error when the file can't be read
 */
export async function readDocument<Schema extends z.ZodType>(
  file: string,
  init: DocumentInit<Schema>
): Promise<z.infer<Schema>> {
  const text = new TextDecoder().decode(await readBounded(file, CONFIG_BYTES_MAX))
  return parseDocumentText(text, file, init)
}

/** `file` only names the text in errors. */
export function parseDocumentText<Schema extends z.ZodType>(
  text: string,
  file: string,
  { schema, code, hint }: DocumentInit<Schema>
): z.infer<Schema> {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: true, stringKeys: true })
  const problems: Problem[] = []
  const report = (offset: number, key: string, message: string) => {
    const { line, col } = lineCounter.linePos(offset)
    problems.push({ file, line, column: col, key, message })
  }
  for (const { pos, message } of document.errors) report(pos[0], '', message)
  visit(document, {
    // A few lines of them could stand for gigabytes.
    Alias: (_, { range, source }) => report(range?.[0] ?? 0, '', `*${source}: aliases are not understood here`)
  })
  if (problems.length === 0) {
    const parsed = schema.safeParse(document.toJS() ?? {})
    if (parsed.success) return parsed.data
    for (const issue of parsed.error.issues) {
      const path = issue.path.map(String)
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys : undefined
      if (unknown === undefined) report(offsetOf(document, path), path.join('.'), issue.message)
      for (const key of unknown ?? []) report(offsetOf(document, path, key), [...path, key].join('.'), 'unknown key')
    }
  }
  throw new CodedError(code, problems.map(describe).join('; '), {
    facts: { file, problems },
    ...(hint === undefined ? {} : { hint })
  })
}

interface Problem {
  file: string
  line: number
  column: number
  key: string
  message: string
}

function describe({ file, line, column, key, message }: Problem): string {
  return `${file}:${line}:${column}: ${key === '' ? '' : `${key}: `}${message}`
}

/** Where a value, or a key of a map, begins; where its nearest parent does when it is missing. */
function offsetOf(document: ReturnType<typeof parseDocument>, path: readonly string[], key?: string): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const node = depth === 0 ? document.contents : document.getIn(path.slice(0, depth).map(indexed), true)
    if (!isNode(node) || !node.range) continue
    if (key !== undefined && depth === path.length && isMap(node)) {
      const pair = node.items.find(({ key: name }) => isScalar(name) && String(name.value) === key)
      if (isScalar(pair?.key) && pair.key.range) return pair.key.range[0]
    }
    return node.range[0]
  }
  return 0
}

const indexed = (part: string): string | number => (/^\d+$/.test(part) ? Number(part) : part)
