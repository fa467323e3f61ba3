import { onnxGraph } from '../../src/compiler/emit/onnx/emit.ts';
import { printOnnx } from '../../src/compiler/emit/onnx/print.ts';
import type { EntryFunction } from '../../src/compiler/ir/ir.ts';
import { compileWith, type Pipeline, pipelines, trainEntry } from './pipelines.ts';

const [spec = 'w2', pipeline = 'small', chunk = '1'] = process.argv.slice(2);
const program = compileWith(spec.includes('/') ? spec : `bench/specs/${spec}.meta`, Number(chunk), pipelines[pipeline] as Pipeline);
console.log(printOnnx(onnxGraph(program.functions.find((one) => one.name === trainEntry(program)) as EntryFunction)));
