/**
 * @file A page in headless Chromium compiles maml-sinusoid.meta and trains it on WebAssembly, to the losses that Node has. Skipped, with a
 * line that says so, where no Chromium is: `apt-get install chromium`, or name one in METAC_CHROMIUM.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import { tfjsEngine } from '../../src/runtime/engines/tfjs/load-tensorflow.ts';
import { InMemoryRun } from '../../src/runtime/run/in-memory-run.ts';
import type { PageResult } from './page.ts';

const STEPS = 200;
const executablePath = [process.env.METAC_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => path !== undefined && existsSync(path),
);
if (executablePath === undefined)
  console.warn('The browser test is skipped: no Chromium is installed (apt-get install chromium, or METAC_CHROMIUM).');

const name = 'maml-sinusoid.meta';
const text = readFileSync(new URL(`../../specs/${name}`, import.meta.url), 'utf8');
const wasmFolder = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));

/** Chromium as root, without its calls to hosts of Google. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

/** Serves an empty page, its script, and the WebAssembly of TensorFlow.js. */
async function serve(script: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const file = /^\/wasm\/([\w.-]+\.wasm)$/.exec(path)?.[1];
    if (path === '/') response.setHeader('content-type', 'text/html').end('<!doctype html><script src="/page.js"></script>');
    else if (path === '/page.js') response.setHeader('content-type', 'text/javascript').end(script);
    else if (file !== undefined) response.setHeader('content-type', 'application/wasm').end(readFileSync(join(wasmFolder, file)));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function trainInChromium(): Promise<PageResult> {
  const server = await serve(await bundlePage());
  const profile = mkdtempSync(join(tmpdir(), 'metac-chromium-'));
  const context = await chromium.launchPersistentContext(profile, { executablePath: executablePath ?? '', headless: true, args: FLAGS });
  try {
    const page = await context.newPage();
    const failures: string[] = [];
    page.on('pageerror', (error) => failures.push(error.message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const call = `trainInPage(${JSON.stringify({ name, text })}, ${STEPS}, '/wasm/')`;
    const result = (await page.evaluate(call)) as PageResult;
    expect(failures).toEqual([]);
    return result;
  } finally {
    await context.close();
    server.close();
    rmSync(profile, { recursive: true, force: true });
  }
}

async function trainInNode(): Promise<readonly number[]> {
  const { program } = compile({ name, text });
  if (program === undefined) throw new Error('the spec does not compile');
  const run = await InMemoryRun.start(program, { engine: tfjsEngine({ backend: 'wasm' }), seed: 0 });
  const losses: number[] = [];
  for await (const { metrics } of run.steps()) {
    losses.push(metrics.get('loss') ?? Number.NaN);
    if (losses.length === STEPS) break;
  }
  await run.dispose();
  return losses;
}

describe.skipIf(executablePath === undefined)('in Chromium', () => {
  test(`${STEPS} steps of ${name} give the losses of Node within 1e-4`, { timeout: 120_000 }, async () => {
    const [here, there] = [await trainInNode(), await trainInChromium()];
    expect(there.engine).toMatch(/^TensorFlow\.js \S+ \(given\), backend wasm$/);
    expect(there.losses).toHaveLength(STEPS);
    there.losses.forEach((loss, step) => {
      const expected = here[step] ?? Number.NaN;
      expect(Math.abs(loss - expected), `step ${step}: ${loss}, in Node ${expected}`).toBeLessThanOrEqual(1e-4 * Math.max(1, expected));
    });
    expect(there.tensorsLeft).toBe(0);
  });
});
