/** @file A source text with a name, and the mapping from offsets to lines. */
export interface SourceFile {
  /** As the user wrote it on the command line, or `<input>`. */
  readonly name: string;
  readonly text: string;
}

/** 1-based line and column (columns count UTF-16 units). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export function positionOf(file: SourceFile, offset: number): Position {
  const before = file.text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let index = 0; index < lineStart; index++) if (before.charCodeAt(index) === 10) line++;
  return { line, column: offset - lineStart + 1 };
}
