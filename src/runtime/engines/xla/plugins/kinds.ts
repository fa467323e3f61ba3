/** @file The PJRT plugins that metac knows: what each is for, where it lies in a Python environment, how to see its hardware, what installs it. */
import { existsSync } from 'node:fs';

export type PluginDevice = 'cuda' | 'rocm' | 'tpu' | 'metal' | 'cpu';

export interface PluginKind {
  readonly name: string;
  readonly device: PluginDevice;
  /** Below a site-packages folder. */
  readonly file: string;
  /** Whether this machine seems to have what it drives: files that the driver makes. Starting a plugin without it can take long or print pages. */
  readonly hardwareSeen: () => boolean;
  /** What pip is asked for, by `metac engines install`; undefined where metac does not install it. */
  readonly requirements?: { readonly packages: readonly string[]; readonly dependencies: boolean };
}

const nvidia = (): boolean =>
  ['/dev/nvidia0', '/dev/nvidiactl', '/dev/dxg', '/proc/driver/nvidia/version'].some((path) => existsSync(path));
const amd = (): boolean => existsSync('/dev/kfd');
const tpu = (): boolean => ['/dev/accel0', '/dev/vfio/0'].some((path) => existsSync(path));
const apple = (): boolean => process.platform === 'darwin' && process.arch === 'arm64';

/** Fastest first. */
export const PLUGIN_KINDS: readonly PluginKind[] = [
  {
    name: 'xla-cuda13',
    device: 'cuda',
    file: 'jax_plugins/xla_cuda13/xla_cuda_plugin.so',
    hardwareSeen: nvidia,
    requirements: { packages: ['jax-cuda13-plugin[with-cuda]'], dependencies: true },
  },
  {
    name: 'xla-cuda12',
    device: 'cuda',
    file: 'jax_plugins/xla_cuda12/xla_cuda_plugin.so',
    hardwareSeen: nvidia,
    requirements: { packages: ['jax-cuda12-plugin[with-cuda]'], dependencies: true },
  },
  { name: 'xla-rocm7', device: 'rocm', file: 'jax_plugins/xla_rocm7/xla_rocm_plugin.so', hardwareSeen: amd },
  { name: 'xla-rocm60', device: 'rocm', file: 'jax_plugins/xla_rocm60/xla_rocm_plugin.so', hardwareSeen: amd },
  { name: 'xla-tpu', device: 'tpu', file: 'libtpu/libtpu.so', hardwareSeen: tpu },
  { name: 'xla-metal', device: 'metal', file: 'jax_plugins/metal_plugin/pjrt_plugin_metal_14.dylib', hardwareSeen: apple },
  {
    name: 'xla-cpu',
    device: 'cpu',
    file: 'lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so',
    hardwareSeen: () => true,
    // Its Python half wants jax; metac needs the library alone.
    requirements: { packages: ['lammps-jax-pjrt-cpu'], dependencies: false },
  },
];

/** What `metac engines install` takes. */
export const INSTALLABLE: readonly string[] = PLUGIN_KINDS.filter((kind) => kind.requirements !== undefined).map(({ name }) => name);
