import { Command } from 'commander';
import { type Context, type ServiceOptions, withService, withServiceOptions } from './context.js';
import { column, numbers, printJson, printRecord, printTable } from './print.js';
import { fieldsOf } from './service.js';

/** How long a sync of a huge directory may take, in seconds: `fetch` waits no longer for an answer. */
const SYNC_SECONDS = 300;

const COUNTS = ['new_sessions', 'removed_sessions', 'updated_sessions', 'missing_sessions', 'total_sessions'];

interface SyncOptions extends ServiceOptions {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** `telegate sync`: reads the session files again. */
export function syncCommand(): Command {
  return withServiceOptions(new Command('sync'))
    .description('sync the pool with the session files')
    .option('--dry-run', 'only report what would change')
    .option('--force', 'remove sessions even if most of their files are gone')
    .action((options: SyncOptions) => withService(options, (context) => sync(context, options)));
}

async function sync(context: Context, { dryRun = false, force = false }: SyncOptions): Promise<void> {
  const request = { body: { dry_run: dryRun, force }, withinSeconds: SYNC_SECONDS };
  const { body } = await context.service.ask('POST', '/sync', request, context.signal);
  if (context.json) return printJson(context.out, body);
  const details = fieldsOf(fieldsOf(body).details);
  printRecord(
    context.out,
    COUNTS.map((name) => numbers(name)),
    details,
  );
  const rejected = Array.isArray(details.rejected) ? details.rejected.map(fieldsOf) : [];
  if (rejected.length > 0) {
    context.notes.write('\nFiles that cannot be sessions:\n');
    printTable(context.notes, [column('file'), column('reason')], rejected);
  }
  if (dryRun) context.notes.write('Nothing was changed: this was a dry run.\n');
}
