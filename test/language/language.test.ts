/**
 * @file Every example of the language page is compiled: ```meta is a whole file; ```meta fragment and ```meta images are completed
 * with the blocks that they lack (regression and image tasks); ```meta refused CODE must be refused with that code.
 */
import { describe, expect, it } from 'vitest';
import { languagePage } from '../../scripts/generate-language.ts';
import { diagnosticsOf } from '../errors/diagnose.ts';
import { examples, languageText as text } from './examples.ts';

describe('the language page', () => {
  it('has up-to-date tables (npm run generate)', () => {
    expect(languagePage(text)).toBe(text);
  });

  it('has many examples', () => {
    expect(examples.length).toBeGreaterThan(25);
  });

  it('links to headings that exist', () => {
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-');
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map((match) => slug(match[1] ?? ''));
    const links = [...text.matchAll(/\]\(#([^)]*)\)/g)].map((match) => match[1] ?? '');
    expect(links.filter((link) => !headings.includes(link))).toEqual([]);
  });

  it.each(examples)('$title', ({ info, source }) => {
    const refused = /^refused (E\d{4})$/.exec(info)?.[1];
    expect(['', 'fragment', 'images', `refused ${refused}`]).toContain(info);
    const codes = diagnosticsOf('README.md', source).filter((diagnostic) => diagnostic.severity === 'error');
    if (refused === undefined) expect(codes).toEqual([]);
    else expect(codes.map((diagnostic) => diagnostic.code)).toContain(refused);
  });
});
