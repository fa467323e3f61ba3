import { compileWith, type Pipeline, pipelines, trainEntry } from './pipelines.ts';
import { race, subject } from './spec-bench.ts';

const [spec = 'w2', threads = '1', names = 'wide,pool,small', chunk = '1', seconds = '8', set = ''] = process.argv.slice(2);
const subjects = [];
const settings = Object.fromEntries(
  set
    .split(',')
    .filter((one) => one !== '')
    .map((one) => one.split('=') as [string, string]),
);
const checks: unknown[] = [];
for (const name of names.split(',')) {
  const program = compileWith(spec.includes('/') ? spec : `bench/specs/${spec}.meta`, Number(chunk), pipelines[name] as Pipeline, settings);
  const one = await subject(name, program, trainEntry(program), Number(threads));
  await one.run();
  const kept = await one.state(program.state.filter((s) => /gradient|loss|moment/.test(s.name)).map((s) => s.name));
  checks.push(
    [...kept.values()].reduce((sum, t) => sum + Array.from(t.data as Float32Array).reduce((a, b, i) => a + b * Math.cos(i), 0), 0),
  );
  subjects.push(one);
}
console.log(checks);
await race(subjects, Number(seconds));
