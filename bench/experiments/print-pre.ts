import { readFileSync } from 'node:fs';
import { checkSource } from '../../src/compiler/compile.ts';
import { printFunction } from '../../src/compiler/ir/print.ts';
import { lower } from '../../src/compiler/lower/lower.ts';
import { pipelines } from './pipelines.ts';

const file = process.argv[2] as string;
const { model } = checkSource({ name: file, text: readFileSync(file, 'utf8') }, {});
if (model === undefined) throw new Error('no model');
const program = lower(model, { chunk: 1 });
const name = program.train[0]?.accumulate ?? program.train[0]?.step;
const entry = program.functions.find((one) => one.name === name);
if (entry) console.log(printFunction((pipelines[process.argv[3] ?? 'small'] as { before: typeof Function.prototype }).before(entry.body)));
