/**
 * Characters that move the cursor, recolour, hide or reorder text on a terminal: C0 and C1 controls, DEL, zero-width
 * and bidirectional marks, line and paragraph separators, byte order mark, lone surrogates.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g

/** One line of text that cannot command the terminal: unsafe characters are shown as `\u009b`. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, asEscape)
}

/** The same for text of several lines, whose line ends and tabs stay. */
export function escapeLines(text: string): string {
  return text.replace(UNSAFE, char => (char === '\n' || char === '\t' ? char : asEscape(char)))
}

function asEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}
