/** @file Solvers of linear equations of which only products with the matrix are known: how an implicit gradient is found. */
import type { Builtin } from '../builtin.ts';
import type { SolverMeaning } from '../meaning.ts';
import { numberParameter } from './parameters.ts';

const stepsParameter = numberParameter('steps', 'products with the matrix, each of which costs about two gradients', {
  integer: true,
  least: 1,
  most: 1_000,
});

const conjugateGradient: Builtin = {
  name: 'conjugate_gradient',
  category: 'solver',
  summary:
    'Conjugate gradients from 0 on (Hestenes and Stiefel 1952): exact after as many steps as there are numbers that adapt, and close after few where the objective is well curved; stops where it is not curved upwards.',
  parameters: [stepsParameter],
  apply(_context, values): SolverMeaning {
    const steps = values.number('steps');
    return { kind: 'solver', description: `conjugate_gradient(steps: ${steps})`, solver: { method: 'conjugate_gradient', steps } };
  },
};

const neumann: Builtin = {
  name: 'neumann',
  category: 'solver',
  summary:
    'Neumann series (Lorraine et al. 2020): rate*(c + (1 - rate*A)*c + …), which converges where the objective is curved upwards and `rate` is below 2 over the largest curvature.',
  parameters: [stepsParameter, numberParameter('rate', 'step of the series; the rate of the inner `sgd` is a good one', { above: 0 })],
  apply(_context, values): SolverMeaning {
    const [steps, rate] = [values.number('steps'), values.number('rate')];
    return { kind: 'solver', description: `neumann(steps: ${steps}, rate: ${rate})`, solver: { method: 'neumann', steps, rate } };
  },
};

export const solverBuiltins: readonly Builtin[] = [conjugateGradient, neumann];
