/** @file Every code of the catalogue has a wrong spec that shows it, or a reason why it is tested elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const catalogue = join(import.meta.dirname, '../../src/compiler/diagnostics/catalogue');
const cases = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.meta'));

/** Codes, or beginnings of codes, without a case here. */
const elsewhere: Readonly<Record<string, string>> = {
  E0107: 'a file of 400,000 characters; test/parse',
  E08: 'folders of runs; test/runtime/run',
  E0951: 'a serialised program, which no text of a spec shows; test/ir',
  E07: 'data files, which no text of a spec shows; test/runtime/data',
};

function codesOf(text: string): string[] {
  return [...text.matchAll(/'([EW]\d{4})'/g)].map((match) => match[1] as string);
}

const byFile = readdirSync(catalogue).map((name) => ({ name, codes: codesOf(readFileSync(join(catalogue, name), 'utf8')) }));

describe('the catalogue', () => {
  it('uses each code for one message', () => {
    const codes = byFile.flatMap((file) => file.codes);
    expect(codes.length).toBeGreaterThan(80);
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });

  it('has a wrong spec for each code', () => {
    const shown = cases.map((name) => name.slice(0, 5));
    const missing = byFile
      .flatMap((file) => file.codes)
      .filter((code) => !shown.includes(code) && !Object.keys(elsewhere).some((start) => code.startsWith(start)));
    expect(missing).toEqual([]);
  });

  it('is shown by at least 70 wrong specs', () => {
    expect(cases.length).toBeGreaterThanOrEqual(70);
  });
});
