import { Document, Scalar, visit } from 'yaml'
import { escapeText } from './escape.ts'

/** YAML of plain values. Strings with unsafe characters are quoted, where YAML has the same `\u` escapes as JSON. */
export function toYaml(value: unknown): string {
  const document = new Document(value)
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && escapeText(node.value) !== node.value) node.type = Scalar.QUOTE_DOUBLE
    }
  })
  const text = document.toString({ lineWidth: 0 }).trimEnd()
  return text.split('\n').map(escapeText).join('\n')
}
