/** @file Text in columns. */

export type Alignment = 'left' | 'right';

/** Two-space indent, columns padded to their widest cell; the last left-aligned column is not padded. */
export function columns(rows: readonly (readonly string[])[], alignments: readonly Alignment[] = []): string {
  const widths: number[] = [];
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, visibleLength(cell));
  const lines = rows.map((row) => {
    const cells = row.map((cell, index) => {
      const padding = ' '.repeat((widths[index] ?? 0) - visibleLength(cell));
      return alignments[index] === 'right' ? padding + cell : cell + padding;
    });
    return `  ${cells.join('  ')}`.trimEnd();
  });
  return lines.join('\n');
}

/** Length without colour codes. */
export function visibleLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes start with ESC
  return text.replaceAll(/\u001b\[\d+m/g, '').length;
}
