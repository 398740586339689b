import type { RequestHandler } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Logger } from 'winston';

/** The accepted format of a caller's request id; any other is replaced. */
const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** Gives every request an id, and records how it ended in the metrics and, at level `http`, in the log. */
export function createRequestContext(
  newId: () => string,
  metrics: HttpMetrics,
  logger: Logger,
): RequestHandler {
  const log = logger.isLevelEnabled('http');
  return (req, res, next) => {
    const given = req.headers['x-request-id'];
    const requestId = typeof given === 'string' && SANE_ID.test(given) ? given : newId();
    res.locals.requestId = requestId;
    res.setHeader('X-Request-Id', requestId);
    const started = performance.now();
    res.once('finish', () => {
      const seconds = (performance.now() - started) / 1000;
      const route = String(res.locals.route ?? 'unknown');
      metrics.observe(req.method, route, res.statusCode, seconds);
      if (log)
        logger.http('request', {
          request_id: requestId,
          method: req.method,
          route,
          status: res.statusCode,
          seconds,
        });
    });
    next();
  };
}

/** Upper bounds of the request durations, in seconds; the last ones are for waiting requests. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** How long requests took, by route and status. */
export class HttpMetrics {
  readonly #durations: Histogram<'method' | 'route' | 'status'>;

  constructor(registry: Registry) {
    this.#durations = new Histogram({
      name: 'telegate_http_request_duration_seconds',
      help: 'Time from a request to the end of its response',
      labelNames: ['method', 'route', 'status'],
      buckets: DURATIONS,
      registers: [registry],
    });
  }

  observe(method: string, route: string, status: number, seconds: number): void {
    this.#durations.observe({ method, route, status }, seconds);
  }
}

/** A registry with Node's own metrics, under the names that stock dashboards use. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
