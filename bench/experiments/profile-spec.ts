import type { EntryFunction } from '../../src/compiler/ir/ir.ts';
import { compileWith, type Pipeline, pipelines, trainEntry } from './pipelines.ts';
import { profile } from './profile.ts';

const [spec = 'w2', threads = '1', pipeline = 'small', chunk = '1', top = '45', set = ''] = process.argv.slice(2);
const program = compileWith(
  spec.includes('/') ? spec : `bench/specs/${spec}.meta`,
  Number(chunk),
  pipelines[pipeline] as Pipeline,
  set === '' ? {} : Object.fromEntries([set.split('=') as [string, string]]),
);
const name = trainEntry(program);
await profile(program, program.functions.find((one) => one.name === name) as EntryFunction, Number(threads), 15, Number(top));
