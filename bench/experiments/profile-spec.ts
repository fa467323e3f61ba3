import type { EntryFunction } from '../../src/compiler/ir/ir.ts';
import { pipelines } from './pipelines.ts';
import { profile } from './profile.ts';
import { change, program } from './spec-bench.ts';
const [spec = 'w2', threads = '1', pipeline = 'wide', chunk = '1', top = '45'] = process.argv.slice(2);
const base = program(spec.includes('/') ? spec : `bench/specs/${spec}.meta`, Number(chunk));
const name = base.functions.some((one) => one.name === 'train.accumulate') ? 'train.accumulate' : 'train.step';
const changed = change(base, name, pipelines[pipeline] as never);
await profile(changed, changed.functions.find((one) => one.name === name) as EntryFunction, Number(threads), 15, Number(top));
