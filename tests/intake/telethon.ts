import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { until } from '../service/manual_time.js';

/** Telethon may be installed only for the system's Python, and not for the first one in the path. */
const PYTHONS = ['python3', '/usr/bin/python3'];

/** Whether Telethon is installed, without the second or two that importing it takes. */
const HAS_TELETHON = "import importlib.util as u, sys; sys.exit(u.find_spec('telethon') is None)";

/** A Python that has Telethon; null: none. */
export function pythonWithTelethon(): string | null {
  return PYTHONS.find((python) => spawnSync(python, ['-c', HAS_TELETHON]).status === 0) ?? null;
}

/**
 * Holds a session file open as a running client does, and writes to it: `run` until told to `pause`, `once`
 * a time. Answers each command with a line; `check` says whether the file is intact and complete.
 */
const WRITER = `
import hashlib, os, sqlite3, sys, threading
from telethon.crypto import AuthKey
from telethon.sessions import SQLiteSession
from telethon.tl import types

path = sys.argv[1]
session = SQLiteSession(path)
session.set_dc(2, '149.154.167.51', 443)
session.auth_key = AuthKey(bytes(range(256)))
session.save()
written = 0

def write():
    global written
    written += 1
    session.process_entities([types.InputPeerUser(written, written + 7)])
    session.set_update_state(0, types.updates.State(written, 0, __import__('datetime').datetime.now(), 0, 0))
    session.save()

print('ready', flush=True)
running = threading.Event()
failure = None
thread = None

for line in sys.stdin:
    command = line.strip()
    if command == 'once':
        write()
    elif command == 'run':
        session.close()
        running.set()
        def loop():
            global failure
            try:
                while running.is_set():
                    write()
                session.close()
            except Exception as error:
                failure = error
        thread = threading.Thread(target=loop)
        thread.start()
    elif command == 'pause':
        running.clear()
        thread.join()
    elif command == 'check':
        fresh = sqlite3.connect(path)
        whole = fresh.execute('PRAGMA integrity_check').fetchone()[0]
        rows = fresh.execute('SELECT count(*) FROM entities').fetchone()[0]
        fresh.close()
        print('checked', failure, whole, rows == written, written > 50, flush=True)
        continue
    elif command == 'digest':
        print('digest', hashlib.sha256(open(path, 'rb').read()).hexdigest(), flush=True)
        continue
    print('done', flush=True)
`;

/** A Python process in which Telethon has a session file open. */
export class TelethonClient {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #said: string[] = [];
  #heard = 0;

  constructor(python: string, path: string) {
    this.#process = spawn(python, ['-c', WRITER, path]);
    createInterface({ input: this.#process.stdout }).on('line', (line) => this.#said.push(line));
    this.#process.stderr.on('data', (chunk) => this.#said.push(`failed: ${chunk}`));
  }

  /** Its next line. */
  async answer(): Promise<string> {
    await until(() => this.#said.length > this.#heard);
    this.#heard += 1;
    return this.#said[this.#heard - 1] ?? '';
  }

  tell(command: 'once' | 'run' | 'pause' | 'check' | 'digest'): Promise<string> {
    this.#process.stdin.write(`${command}\n`);
    return this.answer();
  }

  end(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.#process.once('close', () => resolve()));
    this.#process.stdin.end();
    return ended;
  }
}
