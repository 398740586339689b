import { Command } from 'commander';
import { readEnvironment } from '../environment.js';
import { unlessAborted } from '../kernel/unless_aborted.js';
import type { NamedFinding } from '../operations/doctor/check.js';
import { type Diagnosis, diagnose } from '../operations/doctor/doctor.js';
import { EXIT } from './exit_codes.js';
import { withProgress } from './long_command.js';
import { paintFor, plain, type Stream, widthOf, wrapped } from './text.js';

interface Options {
  readonly fix?: true;
  readonly offline?: true;
  readonly json?: true;
}

/** `telegate doctor`: examines an installation, whether the service runs or not. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'check settings, files, database, keys and network, and say what to do; exits with 1 on an error',
    )
    .option('--fix', 'repair what is safe to repair: modes, missing directories, pending migrations')
    .option('--offline', 'leave out Telegram and its proxies')
    .option('--json', 'print the result as one line of JSON')
    .action(doctor);
}

async function doctor(options: Options): Promise<void> {
  const [fix, offline] = [options.fix === true, options.offline === true];
  const environment = readEnvironment();
  const diagnosis = await withProgress(({ signal, onProgress }) =>
    whileShown(onProgress, (running) =>
      // What checks have begun may take a while to end; nobody waits for it.
      unlessAborted(signal, diagnose({ environment, fix, offline, running })),
    ),
  );
  const text = options.json ? JSON.stringify(result(diagnosis)) : report(diagnosis, process.stdout);
  process.stdout.write(`${text}\n`);
  if (count(diagnosis, 'error') > 0) process.exitCode = EXIT.failed;
}

/** How often it is shown which checks are running, in milliseconds. */
const SHOWN_EVERY_MS = 250;

async function whileShown<Result>(
  show: (text: string) => void,
  work: (running: Set<string>) => Promise<Result>,
): Promise<Result> {
  const running = new Set<string>();
  const showing = setInterval(() => show(`checking: ${[...running].join(', ')}`), SHOWN_EVERY_MS);
  try {
    return await work(running);
  } finally {
    clearInterval(showing);
  }
}

function count({ findings }: Diagnosis, level: NamedFinding['level']): number {
  return findings.filter((finding) => finding.level === level).length;
}

function result(diagnosis: Diagnosis) {
  const told = ({ check, level, message, advice, fix }: NamedFinding) => ({
    ...{ check, level, message, advice: advice ?? null },
    fixable: fix !== undefined,
  });
  return {
    ...{ ok: count(diagnosis, 'error') === 0, errors: count(diagnosis, 'error') },
    ...{ warnings: count(diagnosis, 'warning'), findings: diagnosis.findings.map(told) },
    fixed: diagnosis.fixed.map(({ check, message }) => ({ check, message })),
  };
}

const LABELS = { ok: 'ok', warning: 'WARNING', error: 'ERROR' } as const;
const STYLES = { ok: 'green', warning: 'yellow', error: 'red' } as const;

/** Before what is to be done. */
const ARROW = '→ ';

/** The least room for messages: with less of it beside the names of the checks, they go below them. */
const MIN_MESSAGE = 40;

/** The findings as people read them: on a terminal in its width, elsewhere a line for each and for what to do. */
export function report(diagnosis: Diagnosis, stream: Stream): string {
  const columns = widthOf(stream);
  const paint = paintFor(stream);
  const names = Math.max(...diagnosis.findings.map(({ check }) => check.length));
  const beside = 'WARNING'.length + names + 4;
  const isNarrow = columns - beside < MIN_MESSAGE;
  const indent = ' '.repeat(isNarrow ? 2 : beside);
  const lines = diagnosis.findings.flatMap(({ check, level, message, advice, fix }) => {
    const head = `${paint(STYLES[level], LABELS[level].padEnd('WARNING'.length))}  `;
    const told = message.split('\n').flatMap((line) => wrapped(plain(line), columns - indent.length));
    const todo = level === 'ok' || advice === undefined ? '' : `${advice}${fix ? ' (--fix does this)' : ''}`;
    const below = todo === '' ? [] : wrapped(plain(todo), columns - indent.length - ARROW.length);
    const steps = below.map((line, at) => (at === 0 ? ARROW : ' '.repeat(ARROW.length)) + line);
    const [first, ...rest] = isNarrow ? ['', ...told] : told;
    const start = isNarrow ? check : `${check.padEnd(names)}  ${first}`;
    return [`${head}${start}`, ...[...rest, ...steps].map((line) => `${indent}${line}`)];
  });
  const fixed = diagnosis.fixed.map(({ check, message }) => `Repaired: ${check}: ${message}`);
  return [...lines, '', ...fixed, totals(diagnosis)].join('\n');
}

function totals(diagnosis: Diagnosis): string {
  const [errors, warnings] = [count(diagnosis, 'error'), count(diagnosis, 'warning')];
  if (errors + warnings === 0) return `Nothing to do: all ${diagnosis.findings.length} findings are ok.`;
  const counted = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
  return `${counted(errors, 'error')}, ${counted(warnings, 'warning')}`;
}
