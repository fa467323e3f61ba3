/** @file Looks for PJRT plugins: only where the user said, in metac's own folder, and in the usual places of Python environments. Reads no file. */
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { LimitationError } from '../../../../compiler/diagnostics/internal-error.ts';
import { cacheFolder } from '../../../data/cache.ts';
import { isSystemError } from '../../../data/read-file.ts';
import { PLUGIN_KINDS, type PluginKind } from './kinds.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface FoundPlugin {
  readonly path: string;
  /** Who named it: `--plugin`, `METAC_PJRT_PLUGIN`, or the folder that it was found in. */
  readonly place: string;
  /** Undefined for a plugin that the user named by its path. */
  readonly kind: PluginKind | undefined;
}

/** Where `metac engines install` puts the plugin `name`: laid out like a site-packages folder. */
export function installFolder(environment: Environment, name: string): string {
  return cacheFolder(environment, 'pjrt', name);
}

/** Fastest kinds first, one of each. A plugin named by the user is the only one. Throws LimitationError when what is named is no file. */
export function findPlugins(environment: Environment, named?: string): FoundPlugin[] {
  const asked = named ?? nonEmpty(environment.METAC_PJRT_PLUGIN);
  if (asked !== undefined) {
    const place = named === undefined ? 'METAC_PJRT_PLUGIN' : '--plugin';
    if (!isFile(asked)) throw new LimitationError(`${place} names ${asked}, which is no file; it takes the path of a PJRT plugin (a .so)`);
    return [{ path: asked, place, kind: undefined }];
  }
  const folders = pythonFolders(environment);
  return PLUGIN_KINDS.flatMap((kind) => {
    const places = [installFolder(environment, kind.name), ...folders];
    const place = places.find((folder) => isFile(join(folder, kind.file)));
    return place === undefined ? [] : [{ path: join(place, kind.file), place, kind }];
  });
}

/** site-packages folders of the active environment first, then of the Pythons on the path, the user's own, the system's. */
export function pythonFolders(environment: Environment): string[] {
  const prefixes = [environment.VIRTUAL_ENV, environment.CONDA_PREFIX].map(nonEmpty).filter((prefix) => prefix !== undefined);
  const interpreters = (environment.PATH ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'python3'))
    .filter(isFile);
  // The link and what it points to: a virtual environment's python is a link to the system's.
  const roots = interpreters.flatMap((path) => [dirname(dirname(path)), dirname(dirname(realpathSync(path)))]);
  const home = nonEmpty(environment.HOME) ?? homedir();
  const all = [...prefixes, ...roots, join(home, '.local'), '/usr/local', '/usr'].flatMap(sitePackages);
  return [...new Set(all)];
}

/** `PREFIX/lib/python3.12/site-packages` and their like, newest Python first. */
function sitePackages(prefix: string): string[] {
  return ['lib', 'lib64'].flatMap((name) => {
    const library = join(prefix, name);
    const versions = entriesOf(library).filter((entry) => /^python3(\.\d+)?t?$/.test(entry));
    const newestFirst = versions.sort((a, b) => Number(b.slice(8).replace('t', '')) - Number(a.slice(8).replace('t', '')));
    return newestFirst.flatMap((version) =>
      ['site-packages', 'dist-packages'].map((kind) => join(library, version, kind)).filter((path) => existsSync(path)),
    );
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    // Absent, not a folder, or not ours to read: nothing to be found there.
    if (isSystemError(error)) return [];
    throw error;
  }
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
