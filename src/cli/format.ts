/** @file Numbers for people. */

/** `12345678` as `12,345,678`. */
export function formatCount(count: number): string {
  return Math.round(count)
    .toString()
    .replaceAll(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Four significant digits, plain where that is short: `0.3812`, `98.7`, `1.2e-7`. */
export function formatFigure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** `3 of 600 episodes are not finite`, where any is, else an empty text. */
export function formatDiverged({ count, notFinite = 0 }: { readonly count: number; readonly notFinite?: number }): string {
  return notFinite === 0 ? '' : `${formatCount(notFinite)} of ${formatWord(count, 'episode')} ${notFinite === 1 ? 'is' : 'are'} not finite`;
}

/** Seconds as `4.2 s`, `3 min 20 s`, `2 h 05 min`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
}

/** Bytes as `312 MB`, in powers of ten. */
export function formatBytes(bytes: number): string {
  return formatUnit(bytes, ['B', 'kB', 'MB', 'GB', 'TB']);
}

/** Floating-point operations as `1.6 GFLOP`. */
export function formatFlops(operations: number): string {
  return formatUnit(operations, ['FLOP', 'kFLOP', 'MFLOP', 'GFLOP', 'TFLOP', 'PFLOP']);
}

function formatUnit(amount: number, units: readonly string[]): string {
  let scaled = amount;
  let index = 0;
  while (scaled >= 999.5 && index < units.length - 1) {
    scaled /= 1000;
    index++;
  }
  return `${index === 0 ? scaled : Number(scaled.toPrecision(3))} ${units[index]}`;
}

/** `1 shot`, `15 shots`. */
export function formatWord(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
