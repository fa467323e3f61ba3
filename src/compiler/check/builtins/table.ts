/** @file Every builtin of the language: the checker, completion and the language page read this one list. */
import type { Builtin } from '../builtin.ts';
import { activationBuiltins } from './activations.ts';
import { cellBuiltins } from './cells.ts';
import { classBuiltins } from './classes.ts';
import { convolution } from './convolution.ts';
import { denseBuiltins } from './dense.ts';
import { distanceBuiltins } from './distances.ts';
import { distributionBuiltins } from './distributions.ts';
import { kl } from './divergences.ts';
import { elementwise } from './elementwise-rule.ts';
import { joiningBuiltins } from './joining.ts';
import { lossBuiltins } from './losses.ts';
import { mathematicsBuiltins } from './mathematics.ts';
import { metricBuiltins } from './metrics.ts';
import { normalisationBuiltins } from './normalisation.ts';
import { optimiserBuiltins } from './optimisers.ts';
import { orderingBuiltins } from './ordering.ts';
import { poolingBuiltins } from './pooling.ts';
import { reductionBuiltins } from './reductions.ts';
import { scheduleBuiltins } from './schedules.ts';
import { sequenceBuiltins } from './sequences.ts';
import { shapingBuiltins } from './shaping.ts';
import { solverBuiltins } from './solvers.ts';
import { structureBuiltins } from './structure.ts';

export const builtins: readonly Builtin[] = [
  ...denseBuiltins,
  convolution,
  ...normalisationBuiltins,
  ...poolingBuiltins,
  ...structureBuiltins,
  ...cellBuiltins,
  ...activationBuiltins,
  ...lossBuiltins,
  kl,
  ...metricBuiltins,
  ...mathematicsBuiltins,
  ...reductionBuiltins,
  ...orderingBuiltins,
  ...shapingBuiltins,
  ...joiningBuiltins,
  ...sequenceBuiltins,
  ...distanceBuiltins,
  ...classBuiltins,
  ...distributionBuiltins,
  ...optimiserBuiltins,
  elementwise,
  ...scheduleBuiltins,
  ...solverBuiltins,
];
