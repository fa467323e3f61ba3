/** @file The engine xla passes the conformance kit on a CPU. */
import { describe } from 'vitest';
import { xlaEngine } from '../../../src/runtime/engines/xla/xla-engine.ts';
import { conformance } from '../conformance/kit.ts';
import { cpuPlugin, TEST_ENVIRONMENT } from './cpu-plugin.ts';

// What LLVM makes of XLA's code is not tested here, and takes a quarter of the time: a program compiles for seconds.
process.env.XLA_FLAGS ??= '--xla_backend_optimization_level=0';
const plugin = await cpuPlugin();

describe.skipIf('missing' in plugin)('xla on a CPU', () => {
  conformance(xlaEngine({ plugin: 'path' in plugin ? plugin.path : '' }, TEST_ENVIRONMENT), {
    // One of each sort of inner loop, and one with two train blocks.
    single: ['maml-sinusoid', 'maml-omniglot', 'imaml-sinusoid', 'metagan-omniglot'],
    timeout: 240_000,
  });
});
