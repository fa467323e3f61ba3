/** @file The modules of a program as executables, made when they are first called: one call, or a loop over many, on one device or on all. */
import { emitStableHlo, type StableHloModule } from '../../../compiler/emit/stablehlo/emit.ts';
import { emitStableHloLoop } from '../../../compiler/emit/stablehlo/emit-loop.ts';
import type { Precision, Target } from '../../../compiler/emit/stablehlo/lowering-context.ts';
import type { EntryFunction, Program } from '../../../compiler/ir/ir.ts';
import type { DiskCache } from '../../disk-cache.ts';
import { compileModule } from './compile-module.ts';
import type { PjrtClient } from './pjrt/client.ts';
import type { LoadedExecutable } from './pjrt/executable.ts';
import { cudaOverrides } from './plugins/cuda-packages.ts';
import { platformDevice } from './plugins/start-plugin.ts';

export interface CompiledModule {
  readonly module: StableHloModule;
  readonly executable: LoadedExecutable;
}

/** `once`: one call. `loop`: as many as its argument `count` says. `full`: exactly as many as the stacks are long. */
export type Form = 'once' | 'loop' | 'full';

export interface ModuleChoices {
  readonly precision: Precision;
  /** Devices of the session. */
  readonly devices: number;
  readonly cache: DiskCache | undefined;
}

export class Modules {
  readonly #client: PjrtClient;
  readonly #program: Program;
  readonly #choices: ModuleChoices;
  readonly #overrides: ReadonlyMap<string, string>;
  readonly #compiled = new Map<string, Promise<CompiledModule>>();

  constructor(client: PjrtClient, program: Program, choices: ModuleChoices) {
    this.#client = client;
    this.#program = program;
    this.#choices = choices;
    this.#overrides = platformDevice(client.platform) === 'cuda' ? cudaOverrides(client) : new Map();
  }

  /** `everywhere`: all devices run it together; else it can be run on any one of them. `steps`: length of a loop's stacks. */
  get(entry: EntryFunction, form: Form, everywhere: boolean, steps: number): Promise<CompiledModule> {
    const key = `${entry.name} ${form}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const compiled = this.#compile(entry, form, everywhere, steps);
    this.#compiled.set(key, compiled);
    return compiled;
  }

  async destroy(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#compiled.values());
    this.#compiled.clear();
    // What did not compile left nothing behind.
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') outcome.value.executable.destroy();
  }

  async #compile(entry: EntryFunction, form: Form, everywhere: boolean, steps: number): Promise<CompiledModule> {
    const { precision, devices, cache } = this.#choices;
    const replicas = everywhere ? devices : 1;
    const emit = { target: targetOf(this.#client), precision, replicas };
    const module =
      form === 'once'
        ? emitStableHlo(entry, this.#program, emit)
        : emitStableHloLoop(entry, this.#program, { ...emit, steps, count: form === 'loop' ? 'argument' : 'all' });
    const options = { replicas, anyDevice: !everywhere && devices > 1, overrides: this.#overrides };
    return { module, executable: await compileModule(this.#client, `\`${entry.name}\``, module.text, options, cache) };
  }
}

export function targetOf(client: PjrtClient): Target {
  const device = platformDevice(client.platform);
  return device === 'cpu' || device === 'tpu' ? device : 'gpu';
}
