/**
 * @file The options of a compilation: bytes of xla.CompileOptionsProto (`xla/pjrt/proto/compile_options.proto`, Apache-2.0), of which metac
 * sets a few fields:
 *
 *     CompileOptionsProto          executable_build_options = 3, compile_portable_executable = 4,
 *                                  env_option_overrides = 7 (map<string, OptionOverrideProto>)
 *     ExecutableBuildOptionsProto  device_ordinal = 1, num_replicas = 4, num_partitions = 5
 *     OptionOverrideProto          string_field = 1, bool_field = 2, int_field = 3, double_field = 4
 */
import { BinaryWriter } from '@bufbuild/protobuf/wire';

export interface CompileOptions {
  /** Devices that run the program side by side, each on its part of the tasks. */
  readonly replicas: number;
  /** Whether each call says on which device it runs; then there is one replica. */
  readonly anyDevice: boolean;
  /** XLA's debug options by their name: `xla_gpu_cuda_data_dir`. */
  readonly overrides: ReadonlyMap<string, string | number | boolean>;
}

const VARINT = 0;
const LENGTH_DELIMITED = 2;

export function encodeCompileOptions({ replicas, anyDevice, overrides }: CompileOptions): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(3, LENGTH_DELIMITED).fork();
  // -1: the default device of each replica.
  writer.tag(1, VARINT).int64(-1n).tag(4, VARINT).int64(BigInt(replicas)).tag(5, VARINT).int64(1n);
  writer.join();
  if (anyDevice) writer.tag(4, VARINT).bool(true);
  for (const [name, value] of overrides) {
    writer.tag(7, LENGTH_DELIMITED).fork();
    writer.tag(1, LENGTH_DELIMITED).string(name).tag(2, LENGTH_DELIMITED).fork();
    if (typeof value === 'string') writer.tag(1, LENGTH_DELIMITED).string(value);
    else if (typeof value === 'boolean') writer.tag(2, VARINT).bool(value);
    else writer.tag(3, VARINT).int64(BigInt(value));
    writer.join().join();
  }
  return writer.finish();
}
