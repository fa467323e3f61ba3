#!/usr/bin/env node
/** @file Starts the bundled command line; in a checkout that was installed with scripts blocked, bundles it first. */
import { existsSync } from 'node:fs';
import module from 'node:module';
import { setFlagsFromString } from 'node:v8';

const bundled = new URL('../dist/cli.js', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`metac needs Node 20.19 or newer; this is ${process.versions.node}`);
  process.exit(2);
}

if (!existsSync(bundled)) {
  console.error('metac: first start without a build (install scripts were blocked): building it now');
  try {
    const { buildAll } = await import('../scripts/build.mjs');
    await buildAll({ types: false });
  } catch (error) {
    console.error(`metac: the build failed: ${error.message.split('\n')[0]}`);
    process.exit(70);
  }
}

// A spec compiles in less than a second. V8 would take half of the processor's time to optimise functions that are nearly done by then: let
// it wait until they have run some five times longer (its default is about 130,000). What trains for minutes loses a few milliseconds.
setFlagsFromString('--interrupt-budget=600000');
// Node 22 keeps compiled code between starts; Node 20 has no such function.
module.enableCompileCache?.();
const { start } = await import(bundled.href);
await start(process.argv.slice(2));
