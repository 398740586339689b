import { get } from 'node:http';
import { KEYS, type Service } from '../service/service.js';

/** A client of `/events`. */
export interface Listener {
  /** Everything received so far. */
  heard(): string;
  readonly ended: Promise<void>;
  close(): void;
}

/** A client of `/events` with this key, on its own socket. */
export function listen(service: Service, key: string = KEYS.monitor): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const request = get(
      `${service.url}/events`,
      { agent: false, headers: { 'X-API-Key': key } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        const ended = new Promise<void>((done) => answer.once('close', done));
        resolve({ heard: () => text, ended, close: () => request.destroy() });
      },
    );
    request.on('error', reject);
  });
}
