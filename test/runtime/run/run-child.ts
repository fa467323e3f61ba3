/** @file Starts a training process for a test, and kills it after a while. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

export interface Ending {
  readonly killed: boolean;
  readonly output: string;
}

/** Runs the child; kills it `delay` milliseconds after it is ready. */
export async function runChild(script: string, folder: string, resume: boolean, delay: number | undefined): Promise<Ending> {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', script, folder, resume ? 'resume' : ''], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const ready = new Promise<void>((resolve) => {
    child.stdout?.on('data', (text: Buffer) => {
      output += text.toString();
      if (output.includes('ready')) resolve();
    });
  });
  child.stderr?.on('data', (text: Buffer) => {
    output += text.toString();
  });
  const exited = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)));
  if (delay !== undefined) {
    await Promise.race([ready, exited]);
    await Promise.race([setTimeout(delay), exited]);
    child.kill('SIGKILL');
  }
  return { killed: (await exited) === 'SIGKILL', output };
}
