import { printFunction } from '../../src/compiler/ir/print.ts';
import { compileWith, type Pipeline, pipelines, trainEntry } from './pipelines.ts';

const [spec = 'w2', pipeline = 'small', chunk = '1'] = process.argv.slice(2);
const program = compileWith(spec.includes('/') ? spec : `bench/specs/${spec}.meta`, Number(chunk), pipelines[pipeline] as Pipeline);
const entry = program.functions.find((one) => one.name === trainEntry(program));
if (entry) console.log(printFunction(entry.body));
