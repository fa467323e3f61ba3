/**
 * @file One slip of the keyboard gives few errors, and the first of them in the right place. This watches the recovery of
 * grammar/recovery.ts, which overrides what chevrotain does not document.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { positionOf, type SourceFile } from '../../src/compiler/diagnostics/source-file.ts';
import { createParser, parse } from '../../src/compiler/parse/parse.ts';
import { mutationsOf } from './mutations.ts';

const MOST_ERRORS_OF_ONE_SLIP = 3;
const RIGHT_PLACES = 0.99;
/** Every fifth token is mutated, in each way; a run over all tokens takes 20 s. */
const STRIDE = Number(process.env.STRIDE ?? 5);

const folder = join(import.meta.dirname, 'examples');
const parser = createParser();

describe('a single mistake', () => {
  it('gives few errors, the first of them where the mistake is', () => {
    let refused = 0;
    let right = 0;
    readdirSync(folder).forEach((name, position) => {
      const original = readFileSync(join(folder, name), 'utf8');
      const { tokens } = parser.lexer.tokenize(original);
      for (const mutation of mutationsOf(original, tokens, STRIDE, position % STRIDE)) {
        const source: SourceFile = { name, text: mutation.text };
        const { diagnostics } = parse(source, parser);
        const [first] = diagnostics;
        if (first === undefined) continue;
        refused++;
        const what = `${name}: ${mutation.kind} ${mutation.changed}, line ${mutation.lines[0]}`;
        expect(diagnostics.length, what).toBeLessThanOrEqual(MOST_ERRORS_OF_ONE_SLIP);
        const places = [first.range, ...(first.related ?? []).map((place) => place.range)];
        const lines = places.map((range) => positionOf(source, range?.start ?? 0).line);
        if (lines.some((line) => line >= mutation.lines[0] && line <= mutation.lines[1])) right++;
      }
    });
    expect(refused).toBeGreaterThan(10_000 / STRIDE);
    expect(right / refused).toBeGreaterThan(RIGHT_PLACES);
  }, 60_000);
});
