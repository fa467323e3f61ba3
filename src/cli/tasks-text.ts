/** @file The `tasks` blocks of a spec, and the definitions that they use, in a form that is equal where they mean the same. */
import type { SourceFile } from '../compiler/diagnostics/source-file.ts';
import type { Block, Declaration } from '../compiler/parse/ast.ts';
import { parse } from '../compiler/parse/parse.ts';

/** Sizes that a phase may replace and that a result states for itself. */
const SIZES = /\b(ways|shots|queries) [^ ]+ ?/g;

/** `overrides`: settings given on the command line, which stand beside the definitions that they replace. */
export function tasksText(source: SourceFile, overrides: Readonly<Record<string, string>>): string {
  const { file } = parse(source);
  const named = new Map<string, Declaration>();
  for (const declaration of file.declarations) {
    const name = declaration.kind === 'block' ? undefined : declaration.name.text;
    if (name !== undefined) named.set(name, declaration);
  }
  const blocks = file.declarations.filter((one): one is Block => one.kind === 'block' && one.keyword === 'tasks');
  const used = new Map<string, string>();
  const collect = (text: string): void => {
    for (const word of text.match(/[\p{L}_][\p{L}\p{N}_]*/gu) ?? []) {
      const declaration = named.get(word);
      if (declaration === undefined || used.has(word)) continue;
      const own = textOf(source, declaration);
      used.set(word, word in overrides ? `${word} = ${overrides[word]}` : own);
      collect(own);
    }
  };
  const texts = blocks.map((block) => textOf(source, block).replace(SIZES, ''));
  texts.forEach(collect);
  const settings = Object.entries(overrides).filter(([name]) =>
    blocks.some((block) => block.name !== undefined && name.startsWith(`${block.name.text}.`)),
  );
  const sized = settings.filter(([name]) => !/\.(ways|shots|queries)$/.test(name)).map(([name, value]) => `${name} = ${value}`);
  return [...texts, ...[...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text), ...sized].join('; ');
}

/** Without comments, with one space between words. */
function textOf({ text }: SourceFile, { range }: Declaration): string {
  const plain = text.slice(range.start, range.end).replace(/\/\/[^\n]*/g, ' ');
  return plain.replace(/\s+/g, ' ').trim();
}
