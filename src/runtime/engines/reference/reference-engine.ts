/** @file The engine that is the truth: every primitive in plain TypeScript and float64. Slow; for gradient checks and tests of others. */
import { verifyProgram } from '../../../compiler/ir/verify.ts';
import type { Engine } from '../../engine.ts';
import { ReferenceSession } from './reference-session.ts';

export function referenceEngine(): Engine {
  return {
    name: 'reference',
    floatBytes: 8,
    probe: async () => ({ available: true, detail: 'plain TypeScript, float64, one thread; for checking gradients, not for training' }),
    compile: async (program) => {
      verifyProgram(program);
      return new ReferenceSession(program);
    },
  };
}
