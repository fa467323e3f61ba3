/** @file A diagnostic as text for people: title, place, the lines concerned with their marks, what was expected and found, a hint. */
import type { SourceRange } from '../ir/ir.ts';
import type { Diagnostic } from './diagnostic.ts';
import { showLine } from './display-width.ts';
import { positionOf, type SourceFile } from './source-file.ts';

export interface RenderOptions {
  /** Whether to use ANSI colours. */
  readonly colour: boolean;
}

type Style = 'error' | 'warning' | 'frame' | 'related' | 'strong' | 'hint';
type Paint = (style: Style, text: string) => string;

const CODES: Readonly<Record<Style, string>> = { error: '1;31', warning: '1;33', frame: '34', related: '36', strong: '1', hint: '32' };

/** A marked part of one line: 1-based line number, offsets into the line. */
interface Mark {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly message: string;
  readonly primary: boolean;
}

/** Of a range of many lines, this many are shown at its start. */
const LINES_OF_RANGE = 3;

/** The text has no newline at its end. */
export function renderDiagnostic(source: SourceFile, diagnostic: Diagnostic, options: RenderOptions): string {
  const paint: Paint = options.colour ? (style, text) => `\u001b[${CODES[style]}m${text}\u001b[0m` : (_style, text) => text;
  const title = `${paint(diagnostic.severity, `${diagnostic.severity}[${diagnostic.code}]`)}${paint('strong', `: ${diagnostic.title}`)}`;
  const notes = renderNotes(diagnostic, paint);
  if (diagnostic.range === undefined) return [title, ...notes].join('\n');
  return [title, ...renderFrame(source, diagnostic, diagnostic.range, paint), ...notes].join('\n');
}

/** Several, with a blank line between them. */
export function renderDiagnostics(source: SourceFile, diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(source, diagnostic, options)).join('\n\n');
}

function renderNotes(diagnostic: Diagnostic, paint: Paint): string[] {
  const notes: string[] = [];
  if (diagnostic.expected !== undefined) notes.push(`${paint('strong', 'expected:')} ${diagnostic.expected}`);
  if (diagnostic.found !== undefined) notes.push(`${paint('strong', '   found:')} ${diagnostic.found}`);
  if (diagnostic.hint !== undefined) notes.push(`${paint('hint', '    hint:')} ${diagnostic.hint}`);
  return notes.map((note) => `  ${note}`);
}

function renderFrame(source: SourceFile, diagnostic: Diagnostic, range: SourceRange, paint: Paint): string[] {
  const lines = source.text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
  const related = diagnostic.related ?? [];
  const marks = [
    ...marksOf(source, lines, range, diagnostic.label ?? '', true),
    ...related.flatMap((place) => marksOf(source, lines, place.range, place.message, false)),
  ];
  const shown = [...new Set(marks.map((mark) => mark.line))].toSorted((left, right) => left - right);
  const gutter = String(shown.at(-1) ?? 0).length;
  const edge = (sign: string): string => paint('frame', `${' '.repeat(gutter)} ${sign}`);
  const { line, column } = positionOf(source, Math.min(range.start, source.text.length));
  const rows = [`${edge('╭─')} ${source.name}:${line}:${column}`, edge('│')];
  shown.forEach((number, position) => {
    const before = shown[position - 1];
    if (before !== undefined && number > before + 1) rows.push(edge('┆'));
    const here = marks.filter((mark) => mark.line === number);
    rows.push(...renderLine(number, lines[number - 1] ?? '', here, gutter, diagnostic, paint));
  });
  return [...rows, edge('╰─')];
}

function renderLine(number: number, line: string, marks: readonly Mark[], gutter: number, diagnostic: Diagnostic, paint: Paint): string[] {
  const focus = marks.find((mark) => mark.primary) ?? marks[0];
  const { text, columnOf } = showLine(line, focus?.start ?? 0);
  const edge = paint('frame', `${' '.repeat(gutter)} │`);
  const rows = [`${paint('frame', `${String(number).padStart(gutter)} │`)} ${text}`];
  for (const mark of marks) {
    const start = columnOf(mark.start);
    const length = Math.max(1, columnOf(mark.end) - start);
    const line = `${(mark.primary ? '^' : '-').repeat(length)} ${mark.message}`.trimEnd();
    rows.push(`${edge} ${' '.repeat(start)}${paint(mark.primary ? diagnostic.severity : 'related', line)}`);
  }
  return rows.map((row) => row.trimEnd());
}

/** One mark for each line of a range; the message stands at the last that is shown. */
function marksOf(source: SourceFile, lines: readonly string[], range: SourceRange, message: string, primary: boolean): Mark[] {
  const first = positionOf(source, Math.min(range.start, source.text.length));
  const last = positionOf(source, Math.min(Math.max(range.start, range.end), source.text.length));
  const lastShown = Math.min(last.line, first.line + LINES_OF_RANGE - 1);
  const marks: Mark[] = [];
  for (let line = first.line; line <= lastShown; line++) {
    const text = lines[line - 1] ?? '';
    const start = line === first.line ? first.column - 1 : text.length - text.trimStart().length;
    const end = line === last.line ? last.column - 1 : text.trimEnd().length;
    const rest = last.line > lastShown ? ` (up to line ${last.line})` : '';
    if (end > start || line === first.line) marks.push({ line, start, end, message: '', primary });
    const latest = marks.at(-1);
    if (line === lastShown && latest) marks[marks.length - 1] = { ...latest, message: `${message}${rest}` };
  }
  return marks;
}
