/**
 * @file Every example of the language page is compiled: ```meta is a whole file; ```meta fragment and ```meta images are completed
 * with the blocks that they lack (regression and image tasks); ```meta refused CODE must be refused with that code.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { languagePage } from '../../scripts/generate-language.ts';
import { parse } from '../../src/compiler/parse/parse.ts';
import { diagnosticsOf } from '../errors/diagnose.ts';

const text = readFileSync(join(import.meta.dirname, '../../grammar/README.md'), 'utf8');
const examples = [...text.matchAll(/^```meta *([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, info = '', source = ''], index) => ({
  title: `${index + 1}: ${info} ${source.split('\n', 1)[0]}`,
  info: info.trim(),
  source,
}));

const regression = [
  'tasks sinusoids { amplitude ~ uniform(0.1, 5)  example { x ~ uniform(-5, 5)  y = amplitude * sin(x) }  shots 10  queries 10 }',
  'model net(x) { return x |> dense(20) |> relu |> dense(1) }',
  'adapt fast from net { minimize mse(fast(support.x), support.y)  using sgd(rate: 0.01)  steps 5 }',
  'train { minimize mse(fast(query.x), query.y)  using adam(rate: 1e-3)  batch 4  steps 100 }',
];
const images = [
  'tasks omniglot { source images("omniglot")  ways 5  shots 1  queries 3 }',
  'model net(x) { return x |> conv(8, stride: 2) |> relu |> flatten |> dense(ways) }',
  'adapt fast from net { minimize cross_entropy(fast(support.x), support.y)  using sgd(rate: 0.4)  steps 1 }',
  'train { minimize cross_entropy(fast(query.x), query.y)  using adam(rate: 1e-3)  batch 4  steps 100 }',
];

/** The example, and those of the standard blocks that it does not have itself. */
function completed(source: string, standard: readonly string[]): string {
  const own = parse({ name: 'example', text: source }).file.declarations;
  const missing = standard.filter((block) => {
    const [keyword, name] = block.split(/[ ({]+/);
    return !own.some((one) => one.kind === 'block' && one.keyword === keyword && (keyword !== 'model' || one.name?.text === name));
  });
  return `${source}\n${missing.join('\n')}\n`;
}

function wholeFile(info: string, source: string): string {
  if (info === '') return source;
  return completed(source, info === 'images' ? images : regression);
}

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
    const codes = diagnosticsOf('README.md', wholeFile(info, source)).filter((diagnostic) => diagnostic.severity === 'error');
    if (refused === undefined) expect(codes).toEqual([]);
    else expect(codes.map((diagnostic) => diagnostic.code)).toContain(refused);
  });
});
