/** @file Writes every generated file: runs each scripts/generate-*.ts in turn. `npm run generate`. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const tsx = fileURLToPath(new URL('../node_modules/tsx/dist/cli.mjs', import.meta.url));

for (const name of readdirSync(folder).sort()) {
  if (!name.startsWith('generate-') || !name.endsWith('.ts')) continue;
  const { status } = spawnSync(process.execPath, [tsx, `${folder}${name}`], { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`generate: ${name} failed`);
    process.exit(1);
  }
  console.error(`generate: ${name} done`);
}
