/** @file The examples of the language page as whole files. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '../../src/compiler/parse/parse.ts';

export const languageText = readFileSync(join(import.meta.dirname, '../../grammar/README.md'), 'utf8');

export interface Example {
  readonly title: string;
  /** What stands after ```meta: nothing, `fragment`, `images`, or `refused CODE`. */
  readonly info: string;
  /** Completed with the blocks that a fragment lacks. */
  readonly source: string;
}

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

export const examples: readonly Example[] = [...languageText.matchAll(/^```meta *([^\n]*)\n([\s\S]*?)^```$/gm)].map(
  ([, info = '', source = ''], index) => ({
    title: `${index + 1}: ${info} ${source.split('\n', 1)[0]}`,
    info: info.trim(),
    source: wholeFile(info.trim(), source),
  }),
);
