/** @file The options that say what runs a program: the engine, and what is asked of it. */
import { resolve } from 'node:path';
import { DEVICE_NAMES, ENGINE_NAMES } from '../engine-names.ts';
import type { EngineRequest } from '../engines.ts';
import type { OptionSpec } from './option.ts';
import type { Arguments } from './parse-arguments.ts';
import { PRECISIONS } from './stages.ts';

export const ENGINE_OPTIONS: readonly OptionSpec[] = [
  {
    kind: 'choice',
    name: 'engine',
    choices: ['auto', ...ENGINE_NAMES],
    about: 'what runs the program (default: auto, the fastest that works here)',
  },
  {
    kind: 'choice',
    name: 'device',
    choices: DEVICE_NAMES,
    about: 'what kind of device runs it, engines xla and onnx (default: the fastest that is seen)',
  },
  {
    kind: 'count',
    name: 'devices',
    placeholder: 'N',
    least: 1,
    about: 'devices that share the tasks of a step, engine xla (default: 1)',
  },
  {
    kind: 'choice',
    name: 'precision',
    choices: PRECISIONS,
    about: 'arithmetic of matrix products and convolutions, engine xla (default: float32)',
  },
  {
    kind: 'text',
    name: 'plugin',
    placeholder: 'PATH',
    about: 'the PJRT plugin of the engine xla (default: METAC_PJRT_PLUGIN, else what `metac engines` finds)',
  },
];

/** What was asked besides the engine's name. Only what was given has an entry. */
export function engineRequest(given: Arguments): EngineRequest {
  const device = DEVICE_NAMES.find((name) => name === given.text('device'));
  const devices = given.count('devices');
  const precision = PRECISIONS.find((name) => name === given.text('precision'));
  const plugin = given.text('plugin');
  return {
    ...(device === undefined ? {} : { device }),
    ...(devices === undefined ? {} : { devices }),
    ...(precision === undefined ? {} : { precision }),
    ...(plugin === undefined ? {} : { plugin: resolve(plugin) }),
  };
}
