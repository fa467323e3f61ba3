import { readFileSync } from 'node:fs';
import { compile } from '../../src/compiler/compile.ts';
for (const file of process.argv.slice(2)) {
  for (let repeat = 0; repeat < 3; repeat++) {
    const busy = process.cpuUsage();
    const r = compile({ name: file, text: readFileSync(file, 'utf8') });
    const { user } = process.cpuUsage(busy);
    console.log(file, (user / 1000).toFixed(0), 'ms', r.diagnostics.length, 'chunk', r.chunk, r.program?.functions.map((f) => `${f.name} ${f.body.nodes.length}`).join(', '));
  }
}
