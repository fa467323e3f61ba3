import { readFileSync } from 'node:fs';
import { compile } from '../../src/compiler/compile.ts';
import { printFunction } from '../../src/compiler/ir/print.ts';
import { cleanup } from '../../src/compiler/optimize/pipeline.ts';
const file = process.argv[2] as string;
const stage = process.argv[3] ?? 'ir';
compile({ name: file, text: readFileSync(file, 'utf8') }, { chunk: 1, observe: (name, program) => {
  if (name !== stage) return;
  const entry = program.functions.find((one) => one.name === 'train.accumulate' || one.name === 'train.step');
  if (entry) console.log(printFunction(stage === 'ir' ? cleanup(entry.body) : entry.body));
} });
