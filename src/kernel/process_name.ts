import { readFileSync, readlinkSync } from 'node:fs';

/** How names of processes begin; no address of a client does. */
const PREFIX = 'process:';

/**
 * The name of a process of this machine: of the boot, the kernel's namespace of process ids, the process id and the
 * time at which it started, so that no other process ever has it. Null where there is no such process, or no /proc.
 */
export function processName(pid: number): string | null {
  try {
    const started = startOf(pid);
    return started && `${machineName()}${pid}:${started}`;
  } catch {
    return null;
  }
}

/** Whether the text is the name of a process. */
export function isProcessName(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * Whether the process of that name has ended for certain, so that the kernel has closed its connections. False for
 * one that is stopped, and for every one of another machine, boot or container, of which nothing is known here.
 */
export function hasEnded(name: string): boolean {
  try {
    const machine = machineName();
    if (!name.startsWith(machine)) return false;
    const [pid = '', started = ''] = name.slice(machine.length).split(':');
    return /^\d+$/.test(pid) && started !== '' && startOf(Number(pid)) !== started;
  } catch {
    return false;
  }
}

function machineName(): string {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return `${PREFIX}${boot}:${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}:`;
}

/** States of a process that runs no more, but whose parent has not asked for its result. */
const DEAD_STATES = ['Z', 'X', 'x'];

/** When the process started, in ticks since the boot; null: it has ended. */
function startOf(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    // A /proc that is mounted with `hidepid` has no entry for the processes of other users either.
    if (isMissing(pid)) return null;
    throw error;
  }
  // The fields after its command, which stands in parentheses and may contain any letter (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  const started = fields[19];
  if (started === undefined) throw new Error(`/proc/${pid}/stat cannot be read`);
  return DEAD_STATES.includes(state) ? null : started;
}

/** Whether the kernel knows no process of this id; of one that may not be signalled it says so. */
function isMissing(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
