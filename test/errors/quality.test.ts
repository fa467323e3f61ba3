/** @file What holds for every message, whatever it says: it is short, it has a place or needs none, and it ends in a hint. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderDiagnostic } from '../../src/compiler/diagnostics/render.ts';
import { diagnosticsOf } from './diagnose.ts';

const folder = import.meta.dirname;
const cases = readdirSync(folder)
  .filter((name) => name.endsWith('.meta'))
  .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
  .map((one) => ({ ...one, diagnostics: diagnosticsOf(one.name, one.text) }));
const told = cases.flatMap(({ name, text, diagnostics }) => diagnostics.map((diagnostic) => ({ name, text, diagnostic })));

describe('every message', () => {
  it.each([...new Set(told.map(({ diagnostic }) => diagnostic.code))])('%s is one that a newcomer can act on', (code) => {
    for (const { name, text, diagnostic } of told.filter((one) => one.diagnostic.code === code)) {
      const { title, hint, range, expected, found } = diagnostic;
      expect(title.length, name).toBeLessThan(110);
      expect(title, name).toMatch(/[^.!]$/);
      expect(hint ?? '', `${name}: ${code} has no hint`).toMatch(/\S{2}/);
      expect(hint, name).not.toMatch(/\.$/);
      if (range === undefined) expect(title, name).toContain('--set');
      else expect([range.start >= 0, range.start <= range.end, range.end <= text.length], name).toEqual([true, true, true]);
      // What a value is called inside the checker means nothing to a user.
      expect(`${title} ${expected} ${found} ${hint}`, name).not.toMatch(/\b(poison|Meaning|InternalError|\[object|NaN|#\d)/);
      expect(renderDiagnostic({ name, text }, diagnostic, { colour: false })).toContain(title);
    }
  });

  it('is told once, in the order of the file', () => {
    for (const { name, diagnostics } of cases) {
      const keys = diagnostics.map(({ code, range, title }) => `${code} ${range?.start} ${range === undefined ? title : ''}`);
      expect(new Set(keys).size, name).toBe(keys.length);
      const starts = diagnostics.filter(({ code, range }) => code !== 'E0506' && range !== undefined).map(({ range }) => range?.start ?? 0);
      expect(starts, name).toEqual(starts.toSorted((a, b) => a - b));
    }
  });
});
