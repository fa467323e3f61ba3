/** @file Ctrl-C: the first asks the run to stop and write a checkpoint, the second ends the process at once. */
import type { Terminal } from './terminal.ts';

/** Signals that a shell, a service manager or a closed terminal sends. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` with a signal that is aborted by the first interruption; the handlers are gone afterwards. */
export async function interruptible<Result>(
  terminal: Terminal,
  onFirst: () => void,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const handle = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      terminal.error('\nended without waiting for the checkpoint\n');
      remove();
      // With its own handler gone, the signal ends the process as a shell expects.
      process.kill(process.pid, signal);
      return;
    }
    controller.abort();
    onFirst();
  };
  const remove = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, handle);
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  try {
    return await work(controller.signal);
  } finally {
    remove();
  }
}
