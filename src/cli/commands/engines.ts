/** @file `metac engines`: which engines work here, and why the others do not. `metac engines install`: gets a plugin for the engine xla. */
import { LimitationError } from '../../compiler/diagnostics/internal-error.ts';
import { engines } from '../../engines.ts';
import { describePlugins } from '../../runtime/engines/xla/plugins/describe-plugins.ts';
import { type FoundPlugin, findPlugins } from '../../runtime/engines/xla/plugins/find-plugins.ts';
import { installPlugin } from '../../runtime/engines/xla/plugins/install-plugin.ts';
import { INSTALLABLE } from '../../runtime/engines/xla/plugins/kinds.ts';
import type { CommandModule } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { columns } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { explainPlacement } from './engines-explain.ts';

export const run: CommandModule['run'] = (given, terminal) => {
  const [word, name] = given.positionals;
  const json = given.flag('json');
  if (given.text('explain') !== undefined) return explainPlacement(given, terminal);
  if (word === undefined) return list(json, terminal);
  if (word !== 'install') {
    throw new UsageError(`\`metac engines ${word}\` does not exist`, 'write `metac engines`, or `metac engines install NAME`');
  }
  if (name === undefined || !INSTALLABLE.includes(name)) {
    const problem = name === undefined ? 'NAME is missing: the plugin to install' : `there is no plugin \`${name}\` to install`;
    throw new UsageError(problem, `choose from ${INSTALLABLE.join(', ')}`);
  }
  return install(name, json, terminal);
};

async function list(json: boolean, terminal: Terminal): Promise<number> {
  const found = await Promise.all(engines().map(async (engine) => ({ name: engine.name, ...(await engine.probe()) })));
  const plugins = await describePlugins(pluginsFound());
  if (json) {
    terminal.out(`${JSON.stringify({ ok: true, engines: found, plugins }, undefined, 2)}\n`);
    return EXIT.ok;
  }
  const style = terminal.outStyle;
  const state = (available: boolean) => (available ? style.green('works') : style.yellow('does not work'));
  terminal.out(`${columns(found.map(({ name, available, detail }) => [style.bold(name), state(available), detail]))}\n`);
  if (plugins.length === 0) return EXIT.ok;
  const rows = plugins.map(({ name, available, detail, path }) => [
    `  ${name}`,
    state(available),
    detail.includes(path) ? detail : `${detail}, ${path}`,
  ]);
  terminal.out(`\nPJRT plugins of xla, the fastest first:\n${columns(rows)}\n`);
  return EXIT.ok;
}

function pluginsFound(): readonly FoundPlugin[] {
  try {
    return findPlugins(process.env);
  } catch (error) {
    // METAC_PJRT_PLUGIN names nothing: the row of xla says so.
    if (error instanceof LimitationError) return [];
    throw error;
  }
}

async function install(name: string, json: boolean, terminal: Terminal): Promise<number> {
  const plugin = await installPlugin(name, process.env, json ? {} : { progress: (text) => terminal.error(text) });
  const [described] = await describePlugins([plugin]);
  if (json) {
    terminal.out(`${JSON.stringify({ ok: true, plugin: described }, undefined, 2)}\n`);
    return EXIT.ok;
  }
  terminal.out(`${name} is installed: ${plugin.path}\n${described?.detail ?? ''}\n`);
  return EXIT.ok;
}
