/** @file tfjs-node passes the conformance kit, where METAC_TFJS_NODE names a folder that has it: `npm run test:tfjs-node` makes one. */
import { describe, expect, test } from 'vitest';
import { tfjsEngine } from '../../../src/runtime/engines/tfjs/load-tensorflow.ts';
import { conformance } from './kit.ts';

const from = process.env.METAC_TFJS_NODE;
if (from === undefined)
  console.warn('tfjs-node is skipped: METAC_TFJS_NODE names no folder that has it (npm run test:tfjs-node builds one).');

describe.skipIf(from === undefined)('tfjs-node', () => {
  const engine = tfjsEngine(from === undefined ? {} : { from });

  test('is found, and is the native library', async () => {
    const { available, detail } = await engine.probe();
    expect(available).toBe(true);
    expect(detail).toMatch(/^@tensorflow\/tfjs-node(-gpu)? \d.*, backend tensorflow$/);
  });

  conformance(engine);
});
