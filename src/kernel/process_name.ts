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
    // Anything else leaves it open whether there is such a process.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  // The fields after its command, which stands in parentheses and may contain any letter (proc_pid_stat(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = ''] = fields;
  const started = fields[19];
  if (started === undefined) throw new Error(`/proc/${pid}/stat cannot be read`);
  return DEAD_STATES.includes(state) ? null : started;
}
