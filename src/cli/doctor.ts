import { Command } from 'commander';
import { readEnvironment } from '../environment.js';
import type { NamedFinding } from '../operations/doctor/check.js';
import { type Diagnosis, diagnose } from '../operations/doctor/doctor.js';

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
  const diagnosis = await diagnose({ environment: readEnvironment(), fix, offline });
  const errors = count(diagnosis, 'error');
  const text = options.json ? JSON.stringify(result(diagnosis)) : report(diagnosis);
  process.stdout.write(`${text}\n`);
  if (errors > 0) process.exitCode = 1;
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
const COLOURS = { ok: 32, warning: 33, error: 31 } as const;

function report(diagnosis: Diagnosis): string {
  const width = Math.max(...diagnosis.findings.map(({ check }) => check.length));
  const lines = diagnosis.findings.flatMap(({ check, level, message, advice, fix }) => {
    const label = coloured(level, LABELS[level].padEnd('WARNING'.length));
    const line = `${label}  ${check.padEnd(width)}  ${message}`;
    const indent = ' '.repeat('WARNING'.length + width + 4);
    if (advice === undefined || level === 'ok') return [line];
    return [line, `${indent}${advice}${fix ? ' (--fix does this)' : ''}`];
  });
  const fixed = diagnosis.fixed.map(({ check, message }) => `Repaired: ${check}: ${message}`);
  const total = `${count(diagnosis, 'error')} errors, ${count(diagnosis, 'warning')} warnings`;
  return [...lines, '', ...fixed, total].join('\n');
}

function coloured(level: NamedFinding['level'], text: string): string {
  const { NO_COLOR } = readEnvironment();
  return process.stdout.isTTY === true && !NO_COLOR ? `\x1b[${COLOURS[level]}m${text}\x1b[0m` : text;
}
