import { type MessagePort, parentPort } from 'node:worker_threads';
import { CurrentFile } from './current_file.js';
import { ScanInterrupted } from './errors.js';
import { Scan } from './scan.js';
import {
  packError,
  type ScanOperations,
  type ScanReply,
  type ScanRequest,
  type ScanTask,
} from './scan_messages.js';
import { SessionReader } from './session_reader.js';

/**
 * The scan thread: everything that touches session files, away from the event loop that serves requests. Its first
 * message says where they lie; each after that is a request; `null` ends the task, and it may be told another.
 */
function serve(port: MessagePort): void {
  port.once('message', (task: ScanTask) => {
    const operations = operationsOf(task);
    port.on('message', function take(request: ScanRequest | null) {
      if (request !== null) return void answer(operations, request).then((reply) => port.postMessage(reply));
      port.off('message', take);
      serve(port);
    });
  });
}

function operationsOf({ current, ...options }: ScanTask): ScanOperations {
  const reader = new SessionReader(options, new CurrentFile(current));
  let scan: Scan | null = null;
  const underWay = () => {
    if (scan === null) throw new ScanInterrupted('no scan is under way');
    return scan;
  };
  return {
    begin(only, avoid) {
      scan = new Scan(options, { only: only && new Set(only), avoid: new Set(avoid) }, reader);
    },
    known: (page) => underWay().addKnown(page),
    run: () => underWay().run(),
    readNext: (limit) => underWay().readNext(limit),
    goneNext: (limit) => underWay().goneNext(limit),
    end() {
      scan = null;
    },
    credentials: (file, json) => reader.credentials(file, json),
    fileBytes: (file) => reader.fileBytes(file),
  };
}

async function answer(operations: ScanOperations, { id, operation, args }: ScanRequest): Promise<ScanReply> {
  try {
    const operate: (...args: never[]) => unknown = operations[operation];
    return { id, failure: null, value: await operate(...(args as never[])) };
  } catch (error) {
    return { id, failure: packError(error) };
  }
}

if (parentPort) serve(parentPort);
