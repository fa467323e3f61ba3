/** @file Writes the tables of the language page, grammar/README.md: `npx tsx scripts/generate-language.ts`. A test fails when they are stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Builtin, BuiltinCategory, ParameterSpec } from '../src/compiler/check/builtin.ts';
import { printAccepts } from '../src/compiler/check/builtins/accepts.ts';
import { builtins } from '../src/compiler/check/builtins/table.ts';
import { clauses, type Where } from '../src/compiler/check/clauses.ts';

const page = join(import.meta.dirname, '../grammar/README.md');

const headers: Readonly<Record<Where, string>> = {
  tasks: '`tasks name { … }`',
  model: '`model name(x, …) { … }`',
  adapt: '`adapt name from model { … }`, `adapt name(task) from model { … }`',
  train: '`train { … }`, `train name { … }`',
  validate: '`validate { … }`, inside `train`',
  evaluate: '`evaluate { … }`',
  example: '`example { … }`, inside `tasks`',
};

const categories: Readonly<Record<BuiltinCategory, string>> = {
  layer: 'Layer',
  activation: 'Activation',
  loss: 'Loss',
  metric: 'Metric',
  mathematics: 'Mathematics',
  tensor: 'Tensor',
  sequence: 'Sequence',
  distribution: 'Distribution',
  optimiser: 'Optimiser',
  schedule: 'Schedule',
  solver: 'Solver',
  set: 'Set',
};

/** A bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function clauseTable(where: Where): string {
  const title = `### ${headers[where]}`;
  const specs = clauses[where];
  if (specs.length === 0) return `${title}\n\nNo clauses: equations, functions and draws.`;
  const rows = specs.map(({ keyword, required, instead, example, about }) => {
    const needed = !required ? '' : instead === undefined ? 'yes' : `this or \`${instead}\``;
    return `| \`${keyword}\` | ${needed} | ${cell(about)} | \`${cell(example)}\` |`;
  });
  return [title, '', '| clause | required | says | example |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function printDefault(value: NonNullable<ParameterSpec['default']>): string {
  if (value === 'none') return '';
  return typeof value === 'object' ? ` = [${value.join(', ')}]` : ` = ${value}`;
}

function printParameter({ name, accepts, default: fallback, about }: ParameterSpec): string {
  const value = fallback === undefined ? '' : fallback === 'none' ? ' (optional)' : printDefault(fallback);
  const kind = accepts.kind === 'tensor' || accepts.kind === 'any' ? '' : `; ${printAccepts(accepts)}`;
  return `\`${name}${value === ' (optional)' ? '' : value}\`${value === ' (optional)' ? ' (optional)' : ''}: ${about}${kind}`;
}

function builtinRow(builtin: Builtin): string {
  const parameters = builtin.parameters.map(printParameter);
  const rest = builtin.variadic === undefined ? [] : [`\`…\`: ${builtin.variadic.about}`];
  return `| \`${builtin.name}\` | ${cell(builtin.summary)} | ${cell([...parameters, ...rest].join('<br>'))} |`;
}

function builtinTable(category: BuiltinCategory): string | undefined {
  const rows = builtins.filter((builtin) => builtin.category === category).map(builtinRow);
  if (rows.length === 0) return undefined;
  return [`### ${categories[category]}`, '', '| name | what it is | parameters |', '| --- | --- | --- |', ...rows].join('\n');
}

const tables: Readonly<Record<string, () => string>> = {
  clauses: () => (['tasks', 'example', 'model', 'adapt', 'train', 'validate', 'evaluate'] as const).map(clauseTable).join('\n\n'),
  builtins: () =>
    (Object.keys(categories) as BuiltinCategory[])
      .map(builtinTable)
      .filter((table) => table !== undefined)
      .join('\n\n'),
};

/** The page with its tables as they should be. */
export function languagePage(text: string = readFileSync(page, 'utf8')): string {
  return Object.entries(tables).reduce((current, [name, table]) => {
    const start = `<!-- generated: ${name} -->`;
    const from = current.indexOf(start);
    const to = current.indexOf('<!-- end -->', from);
    if (from < 0 || to < 0) throw new Error(`grammar/README.md has no place for the table ${name}`);
    return `${current.slice(0, from)}${start}\n\n${table()}\n\n${current.slice(to)}`;
  }, text);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(page, languagePage());
  console.log('wrote grammar/README.md');
}
