import { readFileSync } from 'node:fs';

/** Linux counts a process's time in these, whatever the kernel's own clock: hundredths of a second. */
const TICKS_A_SECOND = 100;

/** Bytes of memory a process has now, and had at the most. */
export interface Memory {
  readonly nowMiB: number;
  readonly peakMiB: number;
}

/** Seconds of processor time that a process has used, all its threads together. */
export function processorSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program stands in brackets and may hold anything; fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** Resident memory of a process. */
export function memory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
  return { nowMiB: mebibytes('VmRSS'), peakMiB: mebibytes('VmHWM') };
}
