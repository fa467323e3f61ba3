/** @file `metac engines`: which engines work here, and why the others do not. */
import { engines } from '../../engines.ts';
import type { CommandModule } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { columns } from '../table.ts';

export const run: CommandModule['run'] = async (given, terminal) => {
  const found = await Promise.all(engines().map(async (engine) => ({ name: engine.name, ...(await engine.probe()) })));
  if (given.flag('json')) {
    terminal.out(`${JSON.stringify({ ok: true, engines: found }, undefined, 2)}\n`);
    return EXIT.ok;
  }
  const style = terminal.outStyle;
  const state = (available: boolean) => (available ? style.green('works') : style.yellow('does not work'));
  terminal.out(`${columns(found.map(({ name, available, detail }) => [style.bold(name), state(available), detail]))}\n`);
  return EXIT.ok;
};
