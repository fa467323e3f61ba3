import { readFileSync } from 'node:fs';
import { compile } from '../../src/compiler/compile.ts';
const file = process.argv[2] as string;
const t = performance.now();
const r = compile({ name: file, text: readFileSync(file, 'utf8') }, { verify: true, chunk: 1 });
console.log(performance.now() - t, r.diagnostics, r.chunk, r.program?.functions.map((f) => [f.name, f.body.nodes.length]));
