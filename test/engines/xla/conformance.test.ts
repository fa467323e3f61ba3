/** @file The engine xla passes the conformance kit on a CPU. */
import { describe } from 'vitest';
import { xlaEngine } from '../../../src/runtime/engines/xla/xla-engine.ts';
import { conformance } from '../conformance/kit.ts';
import { cpuPlugin, TEST_ENVIRONMENT } from './cpu-plugin.ts';

const plugin = await cpuPlugin();

describe.skipIf('missing' in plugin)('xla on a CPU', () => {
  conformance(xlaEngine({ plugin: 'path' in plugin ? plugin.path : '' }, TEST_ENVIRONMENT), {
    // XLA compiles a program for 2 to 35 seconds: one of each sort of inner loop, and one with two train blocks.
    single: ['maml-sinusoid', 'maml-omniglot', 'imaml-sinusoid', 'mann-omniglot', 'metagan-omniglot'],
    timeout: 240_000,
  });
});
