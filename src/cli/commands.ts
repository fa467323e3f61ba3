/** @file The commands, as declarations. Their code loads when they are called, which keeps the start short. */
import type { CommandSpec } from './command.ts';
import { ENGINE_OPTIONS } from './engine-options.ts';
import type { OptionSpec, PositionalSpec } from './option.ts';
import { PRECISIONS, STAGES, TARGETS } from './stages.ts';

const SPEC: PositionalSpec = { name: 'FILE', about: 'a spec: a .meta file, or - for standard input' };

const SET: OptionSpec = {
  kind: 'pairs',
  name: 'set',
  placeholder: 'NAME=VALUE',
  about: 'give a setting of the spec another value (repeatable)',
};
const DATA: OptionSpec = {
  kind: 'pairs',
  name: 'data',
  placeholder: 'NAME=PATH',
  about: 'take a data set from this folder, zip or .npz instead of the shipped one (repeatable)',
};
const CHUNK: OptionSpec = {
  kind: 'count',
  name: 'chunk',
  placeholder: 'N',
  least: 1,
  about: 'tasks that are computed together (default: chosen by a cost model)',
};
const THREADS: OptionSpec = {
  kind: 'count',
  name: 'threads',
  placeholder: 'N',
  least: 1,
  most: 256,
  about: 'CPU threads (default: chosen by the size of the problem)',
};
const SEED: OptionSpec = { kind: 'count', name: 'seed', placeholder: 'N', least: 0, about: 'seed of every random draw (default: 0)' };
const VERIFY: OptionSpec = { kind: 'flag', name: 'verify', about: 'verify the program after every pass of the compiler' };

export const COMMANDS: readonly CommandSpec[] = [
  {
    name: 'check',
    summary: 'report every mistake in a spec',
    about: 'Reads a spec and reports every mistake in it, with the place, what was expected and one hint.',
    positionals: [SPEC],
    options: [SET],
    examples: [
      { command: 'metac check specs/maml-omniglot.meta', about: 'say what is wrong, or that nothing is' },
      { command: 'metac check --json my.meta', about: 'the same for an editor or a script' },
    ],
    load: () => import('./commands/check.ts'),
  },
  {
    name: 'compile',
    summary: 'print any stage of the compilation, or write it to a file',
    about: 'Compiles a spec and prints one stage of it; the golden tests print through the same hook.',
    positionals: [SPEC],
    options: [
      { kind: 'choice', name: 'stage', choices: STAGES, about: 'how far to go (default: optimized)' },
      {
        kind: 'text',
        name: 'output',
        short: 'o',
        placeholder: 'FILE',
        about: 'write to a file; `--stage onnx` and `--stage stablehlo` write one model per function',
      },
      { kind: 'choice', name: 'target', choices: TARGETS, about: 'with `--stage stablehlo`: the kind of device (default: cpu)' },
      {
        kind: 'choice',
        name: 'precision',
        choices: PRECISIONS,
        about: 'with `--stage stablehlo`: arithmetic of products and convolutions (default: float32)',
      },
      SET,
      DATA,
      CHUNK,
      VERIFY,
    ],
    examples: [
      { command: 'metac compile specs/maml-sinusoid.meta --stage differentiated', about: 'the program after differentiation' },
      { command: 'metac compile specs/maml-sinusoid.meta --stage onnx -o build/sinusoid.onnx', about: 'ONNX models, for other tools' },
      { command: 'metac compile --json specs/maml-sinusoid.meta > program.json', about: 'the optimised program as JSON (ir.schema.json)' },
    ],
    load: () => import('./commands/compile.ts'),
  },
  {
    name: 'explain',
    summary: 'print every setting, weight, gradient path and cost of a spec',
    about:
      'Says what a spec means: every setting in force and where it comes from, the weights, where the meta-gradient reaches, and what a step costs.',
    positionals: [SPEC],
    options: [SET, DATA, CHUNK, THREADS],
    examples: [{ command: 'metac explain specs/maml-omniglot.meta --set alpha=0.5', about: 'what this run would do' }],
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'train',
    summary: 'train the learner, then evaluate it',
    about: 'Trains as the spec says, keeps checkpoints and metrics in a run folder, then evaluates the best weights on tasks never seen.',
    positionals: [{ ...SPEC, optional: true, about: `${SPEC.about}; not needed with --resume` }],
    options: [
      SET,
      DATA,
      { kind: 'count', name: 'steps', placeholder: 'N', least: 1, about: 'train for N steps instead of what the spec says' },
      SEED,
      ...ENGINE_OPTIONS,
      CHUNK,
      THREADS,
      { kind: 'text', name: 'run', placeholder: 'DIR', about: 'the run folder (default: a new one below runs/)' },
      { kind: 'optional text', name: 'resume', placeholder: 'DIR', about: 'go on with this run (default: the newest of the spec)' },
      VERIFY,
    ],
    examples: [
      { command: 'metac train specs/maml-omniglot.meta', about: 'train on the shipped Omniglot' },
      { command: 'metac train specs/maml-sinusoid.meta --set fast.steps=5 --seed 7', about: 'another setting, another seed' },
      { command: 'metac train --resume runs/maml-omniglot-1', about: 'go on after an interruption, to the very same numbers' },
    ],
    load: () => import('./commands/train.ts'),
  },
  {
    name: 'evaluate',
    summary: 'evaluate a trained run again',
    about: 'Draws test episodes, adapts to each and reports every figure with its mean and 95% confidence interval.',
    positionals: [{ name: 'DIR', about: 'a run folder that `metac train` wrote, or a spec that trains nothing' }],
    options: [
      SET,
      DATA,
      { kind: 'count', name: 'episodes', placeholder: 'N', least: 2, about: 'test episodes (default: what the spec says)' },
      SEED,
      ...ENGINE_OPTIONS,
      THREADS,
      { kind: 'choice', name: 'weights', choices: ['best', 'last'], about: 'which checkpoint (default: best, if validation kept any)' },
      { kind: 'text', name: 'spec', placeholder: 'FILE', about: 'evaluate the weights with this spec instead of the one of the run' },
      { kind: 'text', name: 'output', short: 'o', placeholder: 'FILE', about: 'also write the result as JSON' },
    ],
    examples: [{ command: 'metac evaluate runs/maml-omniglot-1 --episodes 2000', about: 'a tighter interval' }],
    load: () => import('./commands/evaluate.ts'),
  },
  {
    name: 'compare',
    summary: 'compare trained runs on the very same episodes',
    about:
      'Evaluates two or more runs on the same test episodes and reports every figure that they have in common, with the differences to the first run ' +
      'and their paired 95% intervals. Runs that are not judged alike (other tasks, sizes, splits, batch-norm modes) are refused.',
    positionals: [{ name: 'RUN', about: 'run folders that `metac train` wrote', repeatable: true }],
    options: [
      SET,
      DATA,
      { kind: 'count', name: 'episodes', placeholder: 'N', least: 2, about: 'test episodes (default: what the specs say)' },
      { kind: 'count', name: 'seed', placeholder: 'N', least: 0, about: 'seed of the episodes (default: the first run’s)' },
      ...ENGINE_OPTIONS,
      THREADS,
      { kind: 'choice', name: 'weights', choices: ['best', 'last'], about: 'which checkpoints (default: best, if validation kept any)' },
      { kind: 'text', name: 'spec', placeholder: 'FILE', about: 'evaluate all weights with this spec instead of their own' },
    ],
    examples: [{ command: 'metac compare runs/maml-omniglot-1 runs/anil-omniglot-1', about: 'how much the inner loop needs' }],
    load: () => import('./commands/compare.ts'),
  },
  {
    name: 'gradcheck',
    summary: 'compare the compiled meta-gradient with finite differences',
    about:
      'Compares the compiled meta-gradient with central finite differences in float64 and prints, for each weight, the largest relative error.',
    positionals: [SPEC],
    options: [
      SET,
      DATA,
      SEED,
      {
        kind: 'count',
        name: 'entries',
        placeholder: 'N',
        least: 1,
        about: 'entries checked of each weight, chosen by the seed (default: 3)',
      },
      { kind: 'flag', name: 'all', about: 'check every entry of every weight' },
      { kind: 'count', name: 'batch', placeholder: 'N', least: 1, about: 'tasks (default: 2)' },
    ],
    examples: [{ command: 'metac gradcheck specs/maml-sinusoid.meta', about: 'second order, through the inner step' }],
    load: () => import('./commands/gradcheck.ts'),
  },
  {
    name: 'engines',
    summary: 'list the engines and whether each works here; install one',
    about:
      'Lists the engines, with the version and device of each that works here and the reason for each that does not, and the PJRT plugins ' +
      'that the engine xla finds. `engines install NAME` gets a plugin from PyPI with pip into the cache folder of metac: ' +
      'xla-cpu, xla-cuda12 or xla-cuda13.',
    positionals: [
      { name: 'install', about: 'the word `install`, to get a plugin', optional: true },
      { name: 'NAME', about: 'the plugin to install: xla-cpu, xla-cuda12, xla-cuda13', optional: true },
    ],
    options: [
      {
        kind: 'text',
        name: 'explain',
        placeholder: 'FILE',
        about: 'count and list the operations of this spec that ONNX Runtime leaves to the processor',
      },
      { kind: 'choice', name: 'device', choices: ['webgpu', 'cuda'], about: 'the device of --explain (default: webgpu)' },
      SET,
      DATA,
    ],
    examples: [
      { command: 'metac engines', about: 'what --engine auto has to choose from' },
      { command: 'metac engines --explain specs/maml-omniglot.meta', about: 'what of it runs on a graphics card' },
      { command: 'metac engines install xla-cpu', about: 'the engine xla on this CPU' },
    ],
    load: () => import('./commands/engines.ts'),
  },
];
