/** @file Starts the measuring processes: metac's own bundle, and the peers' Python scripts. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BenchDevice, Comparison, MetacVariant, PeerVariant } from './configurations.ts';
import { pinning } from './machine.ts';
import type { Measurement, Protocol } from './measurement.ts';

/** Either what was measured, or one line about why nothing was. */
export type Outcome = { readonly measurement: Measurement } | { readonly failure: string };

export interface PeerPlace {
  /** Folder of jax_peer.py and torch_peer.py. */
  readonly folder: string;
  readonly python: string;
}

const SECONDS_PER_PROCESS = 400;
const CORES = 2;
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Bundles metac's side as `npm run build` bundles the product: no TypeScript loader is in the measured process. Returns the file to run. */
export async function bundleMetac(): Promise<string> {
  const { build } = await import('esbuild');
  const outdir = join(root, 'bench/.cache');
  await build({
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // The engine starts its worker threads by this name, beside the file that it runs from.
    entryPoints: {
      'metac-process': 'bench/compare/metac-process.ts',
      'onnx-worker': 'src/runtime/engines/onnx/session-worker.ts',
      'onnx-replica': 'src/runtime/engines/onnx/replica-worker.ts',
    },
    outdir,
    splitting: true,
    external: ['onnxruntime-node', 'koffi', '@tensorflow/*'],
    logLevel: 'warning',
    banner: { js: "import { createRequire as metacRequire } from 'node:module'; const require = metacRequire(import.meta.url);" },
  });
  return join(outdir, 'metac-process.js');
}

export function runMetac(bundle: string, comparison: Comparison, variant: MetacVariant, protocol: Protocol): Promise<Outcome> {
  const { workload, tasks, innerSteps } = comparison;
  const { engine, device, atOnce } = variant;
  const request = {
    workload,
    tasks,
    innerSteps,
    engine,
    device,
    ...(atOnce === undefined ? {} : { atOnce }),
    ...protocol,
    specs: join(root, 'bench/specs'),
  };
  return runForJson([...pinning(CORES), process.execPath, bundle, JSON.stringify(request)], root);
}

/** The scripts pin themselves to their number of threads. */
export function runPeer(
  place: PeerPlace,
  device: BenchDevice,
  comparison: Comparison,
  peer: PeerVariant,
  protocol: Protocol,
): Promise<Outcome> {
  const script = join(place.folder, `${peer.library}_peer.py`);
  if (!existsSync(script)) return Promise.resolve({ failure: `${script} does not exist` });
  const named = { workload: comparison.workload, variant: peer.variant, threads: peer.threads, tasks: comparison.tasks };
  const numbers = { 'inner-steps': comparison.innerSteps, budget: protocol.budget, 'min-samples': protocol.leastSamples };
  const options = Object.entries({ ...named, ...numbers }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const moved = device === 'cpu' || peer.library === 'jax' ? [] : [join(root, 'bench/peers/on_device.py'), device];
  return runForJson([place.python, ...moved, script, ...options], place.folder, { JAX_PLATFORMS: device });
}

/** Runs a command; the last line of its output that starts with a brace is the measurement. */
function runForJson(
  [command = '', ...rest]: readonly string[],
  cwd: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...more };
    const child = spawn(command, rest, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = globalThis.setTimeout(() => child.kill('SIGKILL'), SECONDS_PER_PROCESS * 1000);
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ failure: `${command} could not be started (${error.message})` });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const line = output.split('\n').findLast((one) => one.startsWith('{'));
      if (code === 0 && line !== undefined) resolve({ measurement: JSON.parse(line) as Measurement });
      else if (signal === 'SIGKILL') resolve({ failure: `killed: out of memory, or more than ${SECONDS_PER_PROCESS} s` });
      else resolve({ failure: lastLine(errors) ?? `exit status ${code ?? signal}` });
    });
  });
}

/** The line that names the error, if one does: Python ends with it, Node writes its version after it. */
function lastLine(text: string): string | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.findLast((line) => /Error\b.*:/.test(line)) ?? lines.at(-1))?.trim();
}
