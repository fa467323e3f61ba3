/**
 * @file `npm run test:tfjs-node [FOLDER]`: builds tfjs-node from registries alone in FOLDER (default: below node_modules/.cache; 770 MB, about a
 * minute) unless it is there, and runs the conformance kit on it. Opt-in: it needs npm, pip, unzip, a C++ compiler and Node's headers.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = resolve(process.argv[2] ?? process.env.METAC_TFJS_NODE ?? join(root, 'node_modules/.cache/metac-tfjs-node'));

function run(command, args, env) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(join(folder, 'node_modules/@tensorflow/tfjs-node/package.json')))
  run('bash', [join(root, 'scripts/tfjs-node-from-registries.sh'), folder], {});
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
run(process.execPath, [vitest, 'run', 'test/engines/conformance/tfjs-node.test.ts'], { METAC_TFJS_NODE: folder });
