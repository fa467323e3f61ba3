/**
 * @file Bundles the project: dist/cli.js and dist/index.js for Node, dist/compiler.js and dist/tfjs.js for any JavaScript host, declarations in dist/types.
 * `node scripts/build.mjs [--prepare] [--no-types] [--outdir DIR]`. It needs no network and no install script of a dependency.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Replaces dist/ (or `target`) in one step, so that a command that starts meanwhile finds the old build or the new one. */
export async function buildAll({ types, target = join(root, 'dist') }) {
  const fresh = `${target}.${process.pid}.tmp`;
  try {
    await bundle(fresh);
    if (types) declarations(fresh);
    rmSync(target, { recursive: true, force: true });
    renameSync(fresh, target);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

async function bundle(outdir) {
  const { build } = await importEsbuild();
  const shared = {
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    sourcemap: true,
    outdir,
    // Identifiers are kept, so that stacks and class names stay readable; syntax and white space are most of the gain.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'warning',
    define: { METAC_BUILD: JSON.stringify(hashOfSources()) },
  };
  await Promise.all([
    build({
      ...shared,
      platform: 'node',
      target: 'node20.19',
      // Workers are threads' own programs, started by these names (src/runtime/engines/onnx/thread.ts).
      entryPoints: {
        cli: 'src/cli/main.ts',
        index: 'src/index.ts',
        'onnx-worker': 'src/runtime/engines/onnx/session-worker.ts',
        'onnx-replica': 'src/runtime/engines/onnx/replica-worker.ts',
      },
      // Commands, engines and the grammar load when they are used: `metac --help` reads one small file.
      splitting: true,
      chunkNames: '[name]-[hash]',
      external: ['onnxruntime-node', 'koffi'],
      // A few packages are CommonJS and call `require`, which an ES module lacks.
      banner: { js: "import { createRequire as metacRequire } from 'node:module'; const require = metacRequire(import.meta.url);" },
    }),
    build({
      ...shared,
      // `neutral` resolves no node:* module: an import of one anywhere below fails this build, which is the point.
      platform: 'neutral',
      mainFields: ['module', 'main'],
      target: 'es2022',
      entryPoints: { compiler: 'src/compiler/index.ts', tfjs: 'src/tfjs.ts' },
      // A page that loads both has one of each class.
      splitting: true,
      chunkNames: 'browser-[hash]',
    }),
  ]);
}

/** Tells builds apart: programs that one of them has compiled are not another's (src/program-cache.ts). */
function hashOfSources() {
  const inside = (folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, name));
  const files = [...inside('src'), ...inside('grammar'), 'package.json', 'package-lock.json'].filter((name) =>
    statSync(join(root, name)).isFile(),
  );
  const hash = createHash('sha256');
  for (const name of files.sort())
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(root, name)))
      .update('\0');
  return hash.digest('hex');
}

function declarations(outdir) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const run = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json', '--outDir', join(outdir, 'types')], { cwd: root });
  // tsc writes what it can. A mistake in a type must not keep anybody from running metac; `npm test` checks the types in full.
  if (run.status !== 0) console.error('build: the types have errors (`npm run types` shows them); the declarations may be incomplete');
}

async function importEsbuild() {
  try {
    return await import('esbuild');
  } catch (cause) {
    const installed = existsSync(join(root, 'node_modules'));
    throw new Error(
      installed ? 'esbuild is missing: install with `npm ci --include=dev`' : 'nothing is installed yet: run `npm ci` first',
      { cause },
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const flag = process.argv.indexOf('--outdir');
    const target = flag < 0 ? {} : { target: resolve(process.argv[flag + 1]) };
    await buildAll({ types: !process.argv.includes('--no-types'), ...target });
  } catch (error) {
    // esbuild has printed its own messages by now.
    console.error(`build: ${error.message.split('\n')[0]}`);
    // As npm's `prepare` it never fails: `npx metac` before `npm ci` runs it too, and npm keeps a link half made for ever when it fails.
    // bin/metac.js builds what is missing, or says why it cannot.
    if (!process.argv.includes('--prepare')) process.exitCode = 1;
  }
}
