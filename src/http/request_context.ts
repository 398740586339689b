import type { RequestHandler } from 'express';
import type { Logger } from 'winston';
import type { HttpMetrics } from './metrics.js';

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
