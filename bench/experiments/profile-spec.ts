/**
 * @file Where the time of a spec's training call goes, by ONNX operator and by node.
 * `npx tsx bench/experiments/profile-spec.ts SPEC [threads=1] [chunk=1] [nodes shown=45]`
 */
import { readFileSync } from 'node:fs';
import { compile } from '../../src/compiler/compile.ts';
import { profile } from './profile.ts';

const [spec = 'bench/specs/w2.meta', threads = '1', chunk = '1', shown = '45'] = process.argv.slice(2);
const { program, diagnostics } = compile({ name: spec, text: readFileSync(spec, 'utf8') }, { chunk: Number(chunk) });
const plan = program?.train[0];
const entry = program?.functions.find((one) => one.name === (plan?.step ?? plan?.accumulate));
if (program === undefined || entry === undefined) throw new Error(diagnostics.map((one) => one.title).join('\n') || 'nothing is trained');
await profile(program, entry, Number(threads), 15, Number(shown));
