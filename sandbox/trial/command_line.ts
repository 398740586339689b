import { parseArgs } from 'node:util';

/** The options of the command. */
export interface CommandLine {
  /** One line of JSON instead of a page. */
  readonly json: boolean;
  readonly help: boolean;
  readonly directory: string;
  readonly port: number;
  readonly dcPort: number;
  readonly controlPort: number;
}

/** The command line is invalid. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The usage of the command. */
export const USAGE = `npm run sandbox -- [options]

  --json                print one line of JSON when everything is ready
  --directory PATH      the data directory (./data/sandbox)
  --port PORT           of the service (8000); 0: any free port
  --dc-port PORT        of the data centres, on 127.0.0.2 and up (8443)
  --control-port PORT   of the endpoint that sets faults (8444)
`;

/** Reads the command's arguments. @throws UsageError. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const values = parse(args);
  return {
    json: values.json,
    help: values.help,
    directory: values.directory,
    port: portOf('--port', values.port),
    dcPort: portOf('--dc-port', values['dc-port']),
    controlPort: portOf('--control-port', values['control-port']),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        directory: { type: 'string', default: './data/sandbox' },
        port: { type: 'string', default: '8000' },
        'dc-port': { type: 'string', default: '8443' },
        'control-port': { type: 'string', default: '8444' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

function portOf(option: string, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new UsageError(
    `${option}: expected a whole number from 0 to 65535, given ${JSON.stringify(text)}\n\n${USAGE}`,
  );
}
