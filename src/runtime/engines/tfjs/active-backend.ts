/** @file The backend that a session runs on. TensorFlow.js has one active backend for all its users, who may change it at any time. */
import { LimitationError } from '../../../compiler/diagnostics/internal-error.ts';
import { BACKENDS, type BackendName, CAPABILITIES, type Capabilities, isBackendName } from './capabilities.ts';
import type { TensorFlow } from './tensorflow.ts';

export class ActiveBackend {
  readonly tf: TensorFlow;
  readonly name: BackendName;
  readonly #failure: () => Error | undefined;

  constructor(tf: TensorFlow, name: BackendName) {
    this.tf = tf;
    this.name = name;
    this.#failure = name === 'webgpu' ? watchErrors(tf) : () => undefined;
  }

  get capabilities(): Capabilities {
    return CAPABILITIES[this.name];
  }

  /**
   * Makes it the active one, at once: what follows without an `await` runs on it. TensorFlow.js gives a promise, which for a backend that
   * has been started is kept already. Waiting for it would let another session activate its own.
   */
  activate(): void {
    if (this.tf.getBackend() === this.name) return;
    void this.tf.setBackend(this.name);
    if (this.tf.getBackend() !== this.name) throw new LimitationError(`TensorFlow.js does not go back to its backend ${this.name}`);
  }

  /** Throws what the backend reported since the last look. */
  check(): void {
    const failure = this.#failure();
    if (failure !== undefined) throw failure;
  }
}

/** The first of the wanted backends that starts; throws LimitationError with what each of the others said. */
export async function startBackend(tf: TensorFlow, wanted: string | undefined): Promise<ActiveBackend> {
  if (wanted !== undefined && !isBackendName(wanted))
    throw new LimitationError(`TensorFlow.js has no backend '${wanted}' that metac knows: ${BACKENDS.join(', ')}`);
  const refused: string[] = [];
  for (const name of wanted === undefined ? BACKENDS : [wanted as BackendName]) {
    if (tf.findBackendFactory(name) === null || tf.findBackendFactory(name) === undefined) {
      refused.push(`${name} is not registered`);
      continue;
    }
    const started = await starts(tf, name);
    if (started === undefined) return new ActiveBackend(tf, name);
    refused.push(`${name} does not start: ${started}`);
  }
  throw new LimitationError(`TensorFlow.js ${tf.version_core} has no backend that works here: ${refused.join('; ')}`);
}

/** Why it does not; undefined when it does. */
async function starts(tf: TensorFlow, name: BackendName): Promise<string | undefined> {
  try {
    return (await tf.setBackend(name)) ? undefined : 'its start failed';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface WebGpuDevice {
  addEventListener(type: 'uncapturederror', listener: (event: { readonly error: { readonly message: string } }) => void): void;
}

/** WebGPU says on the console that a shader is wrong and gives stale numbers: the next look throws instead. */
function watchErrors(tf: TensorFlow): () => Error | undefined {
  const backend = tf.findBackend('webgpu') as { readonly device?: WebGpuDevice } | null;
  let failure: Error | undefined;
  backend?.device?.addEventListener('uncapturederror', ({ error }) => {
    failure ??= new LimitationError(`WebGPU: ${error.message}`);
  });
  return () => failure;
}
