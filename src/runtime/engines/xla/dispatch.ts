/** @file One dispatch: arguments to the devices, the call, residents replaced, metrics on their way to the host. */
import { InternalError } from '../../../compiler/diagnostics/internal-error.ts';
import type { Tensor } from '../../tensor.ts';
import type { CompiledModule } from './modules.ts';
import { DeviceBuffer, type DeviceData, toDevice } from './pjrt/buffers.ts';
import type { PjrtClient, PjrtDevice } from './pjrt/client.ts';
import { failureOf } from './pjrt/errors.ts';
import type { Residents } from './residents.ts';

export interface Dispatch {
  readonly compiled: CompiledModule;
  /** What is being done, for messages. */
  readonly what: string;
  /** Data of the arguments that are no residents, by name; every device gets the same. */
  readonly supplied: ReadonlyMap<string, DeviceData>;
  /** Places in the session's list of devices. */
  readonly devices: readonly number[];
  /** The executable was compiled for any device, so it must be told. */
  readonly anyDevice: boolean;
  readonly aside: boolean;
}

/** Metrics by name. Rejects with what the user should read. */
export type Metrics = Promise<ReadonlyMap<string, Tensor>>;

/** Ends when the call is under way: another may follow, on the residents that this one makes. The metrics come later. */
export async function dispatch(
  client: PjrtClient,
  all: readonly PjrtDevice[],
  residents: Residents,
  { compiled, what, supplied, devices, anyDevice, aside }: Dispatch,
): Promise<{ readonly metrics: Metrics }> {
  const { module, executable } = compiled;
  const sent: DeviceBuffer[] = [];
  const transfers: Promise<void>[] = [];
  try {
    const lists = await Promise.all(
      devices.map((device) =>
        Promise.all(
          module.parameters.map(async ({ name, role, type }) => {
            if (role === 'resident' || role === 'data') return (await residents.buffer(name, device)).handle;
            const data = supplied.get(name);
            if (data === undefined) throw new InternalError(`${what}: the input '${name}' is missing`);
            const transfer = toDevice(client, all[device] as PjrtDevice, type, data);
            sent.push(transfer.buffer);
            transfers.push(transfer.sent);
            return transfer.buffer.handle;
          }),
        ),
      ),
    );
    const { outputs, done } = await executable.execute(lists, aside, anyDevice ? all[devices[0] ?? 0]?.handle : undefined);
    const metrics: Promise<readonly [string, Tensor]>[] = [];
    outputs.forEach((handles, index) => {
      handles.forEach((handle, place) => {
        const result = module.results[place];
        if (result === undefined) throw new InternalError(`${what}: a result more than the module has`);
        const buffer = new DeviceBuffer(client, result.type, handle);
        if (result.resident) {
          residents.replace(result.name, devices[index] as number, buffer);
          return;
        }
        // Every device computed the same.
        if (index === 0) metrics.push(buffer.toHost(done).then((tensor) => [result.name, tensor] as const));
        buffer.destroy();
      });
    });
    return { metrics: collected(what, metrics, [done, ...transfers]) };
  } catch (error) {
    await Promise.allSettled(transfers);
    throw failureOf(what, error);
  } finally {
    // The plugin keeps what it still needs.
    for (const buffer of sent) buffer.destroy();
  }
}

/** Everything that a dispatch started has ended when this does. */
async function collected(what: string, metrics: readonly Promise<readonly [string, Tensor]>[], others: readonly Promise<void>[]): Metrics {
  const outcomes = await Promise.allSettled([...others, ...metrics]);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failureOf(what, failed.reason);
  return new Map(await Promise.all(metrics));
}
