/** @file How text is shown on a terminal: tabs, wide and invisible characters, lines too long to show whole. */

const TAB = 4;
/** Columns of a line that are shown; of a longer one, a window around the marked place. */
const WIDEST_LINE = 110;
const BEFORE_MARK = 40;

/** Only so much of a line around the focus is looked at, however long the line. */
const EXAMINED = 1000;

/** A line of the source as it is shown, and where its offsets went. */
export interface ShownLine {
  readonly text: string;
  /** The column of an offset into the line, counted from 0; offsets outside of the window go to its ends. */
  readonly columnOf: (offset: number) => number;
}

/** @param focus the offset into the line that has to be seen */
export function showLine(line: string, focus: number): ShownLine {
  if (line.length <= EXAMINED) return showWindow(line, focus, false, false);
  const start = Math.max(0, Math.min(focus, line.length) - EXAMINED / 2);
  const end = start + EXAMINED;
  const shown = showWindow(line.slice(start, end), focus - start, start > 0, end < line.length);
  return { text: shown.text, columnOf: (offset) => shown.columnOf(offset - start) };
}

/** @param before whether the line goes on to the left of `line`; @param after whether it goes on to the right */
function showWindow(line: string, focus: number, before: boolean, after: boolean): ShownLine {
  const { cells, columns } = expand(line);
  const width = columns.at(-1) ?? 0;
  const column = (offset: number): number => columns[Math.min(Math.max(offset, 0), line.length)] ?? width;
  if (width <= WIDEST_LINE)
    return {
      text: cells
        .map((cell) => cell.text)
        .join('')
        .trimEnd(),
      columnOf: column,
    };

  const from = Math.max(0, Math.min(column(focus) - BEFORE_MARK, width - WIDEST_LINE));
  const to = from + WIDEST_LINE;
  const inside = cells.filter((cell) => cell.column >= from && cell.column < to).map((cell) => cell.text);
  const left = from > 0 || before ? '…' : '';
  const right = to < width || after ? '…' : '';
  const shift = (offset: number): number => Math.min(Math.max(column(offset) - from, 0), WIDEST_LINE) + left.length;
  return { text: `${left}${inside.join('')}${right}`, columnOf: shift };
}

interface Cell {
  readonly text: string;
  readonly column: number;
}

/** The characters as they are shown, and for each UTF-16 offset, the end included, its column. */
function expand(line: string): { readonly cells: readonly Cell[]; readonly columns: readonly number[] } {
  const cells: Cell[] = [];
  const columns: number[] = [];
  let column = 0;
  for (const character of line) {
    const text = character === '\t' ? ' '.repeat(TAB - (column % TAB)) : isControl(character) ? '\uFFFD' : character;
    cells.push({ text, column });
    for (let unit = 0; unit < character.length; unit++) columns.push(column);
    column += character === '\t' ? text.length : widthOf(character);
  }
  columns.push(column);
  return { cells, columns };
}

/** Control characters would move the cursor or change colours; those that change the direction of writing would hide code. */
function isControl(character: string): boolean {
  return /[\p{Cc}\p{Cs}\u200E\u200F\u202A-\u202E\u2066-\u2069]/u.test(character);
}

/** Columns that a character takes: 0 for combining marks, 2 for East Asian wide characters and pictures, else 1. */
function widthOf(character: string): number {
  if (character <= '~') return 1;
  if (/[\p{Mn}\p{Me}\u200B-\u200D]/u.test(character)) return 0;
  return /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u.test(
    character,
  )
    ? 2
    : 1;
}
