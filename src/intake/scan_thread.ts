import { parentPort, workerData } from 'node:worker_threads';
import { CurrentFile } from './current_file.js';
import { ScanInterrupted } from './errors.js';
import { Scan } from './scan.js';
import {
  packError,
  type ScanOperations,
  type ScanReply,
  type ScanRequest,
  type ThreadData,
} from './scan_messages.js';
import { SessionReader } from './session_reader.js';

/** Entry of the scan thread: everything that touches session files, away from the event loop that serves requests. */
const { current, ...options }: ThreadData = workerData;
const reader = new SessionReader(options, new CurrentFile(current));
let scan: Scan | null = null;

const operations: ScanOperations = {
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

function underWay(): Scan {
  if (scan === null) throw new ScanInterrupted('no scan is under way');
  return scan;
}

async function answer({ id, operation, args }: ScanRequest): Promise<ScanReply> {
  try {
    const operate: (...args: never[]) => unknown = operations[operation];
    return { id, failure: null, value: await operate(...(args as never[])) };
  } catch (error) {
    return { id, failure: packError(error) };
  }
}

parentPort?.on('message', (request: ScanRequest) => {
  void answer(request).then((reply) => parentPort?.postMessage(reply));
});
