import { ConnectionFailed } from './errors.js';
import type { Http } from './http.js';

/** An event of the service: `status`, `session`, `run`, `sync` or another. */
export interface ServiceEvent {
  readonly event: string;
  readonly data: unknown;
}

/** The service answers with the beginning of a stream no later, in milliseconds. */
const OPEN_MS = 30_000;

/**
 * The events of the service, until the signal is aborted or the stream ends. @throws as `Http.attempt`, also once the
 * stream is cut. @internal
 */
export async function* serviceEvents(http: Http, signal?: AbortSignal): AsyncGenerator<ServiceEvent> {
  const own = new AbortController();
  const abort = () => own.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const request = { operation: 'GET /events', signal: own.signal, timeoutMs: OPEN_MS } as const;
    yield* eventsIn((await http.attempt(request)) as ReadableStream<Uint8Array>, own.signal);
  } finally {
    signal?.removeEventListener('abort', abort);
    own.abort();
  }
}

async function* eventsIn(
  stream: ReadableStream<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<ServiceEvent> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read().catch((error: unknown) => {
      throw signal.aborted ? signal.reason : new ConnectionFailed('GET /events', error);
    });
    if (done) return;
    const messages = `${text}${decoder.decode(value, { stream: true })}`.split('\n\n');
    text = messages.pop() ?? '';
    for (const message of messages) {
      const event = /^event: (.*)$/m.exec(message)?.[1];
      const data = /^data: (.*)$/m.exec(message)?.[1];
      if (event !== undefined && data !== undefined) yield { event, data: JSON.parse(data) };
    }
  }
}
