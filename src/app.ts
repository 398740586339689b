import { join } from 'node:path';
import cors from 'cors';
import express, {
  type Express,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import helmet, { type HelmetOptions } from 'helmet';
import { serve as serveSwagger, setup as setupSwagger } from 'swagger-ui-express';
import type { Logger } from 'winston';
import { createErrorMapper } from './http/error_mapper.js';
import type { HttpMetrics } from './http/metrics.js';
import { createOpenApi } from './http/openapi.js';
import { createRequestContext } from './http/request_context.js';
import type { Route } from './http/route.js';
import { addRoutes, notFound, type RouterParts } from './http/router.js';

export interface AppParts extends RouterParts {
  readonly routes: readonly Route[];
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  readonly newRequestId: () => string;
  /** The root of the project, where the console's files are. */
  readonly root: string;
  readonly version: string;
  readonly corsOrigins: readonly string[];
  /** TLS is in front of the service, and browsers are told to use nothing else. */
  readonly hsts: boolean;
  /** Whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
}

/** Plain HTTP is served here: no browser is told to use HTTPS instead, unless TLS is in front (`hsts`). */
function securityHeaders(hsts: boolean): HelmetOptions {
  const contentSecurityPolicy = { directives: { upgradeInsecureRequests: null } };
  return { contentSecurityPolicy, ...(!hsts && { strictTransportSecurity: false }) };
}

/** Pages on the machine that the browser runs on. */
const LOOPBACK_PAGES = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/** Where the console opens: these are lists of the API, too. */
const CONSOLE_ADDRESSES = ['/sessions', '/sources', '/leases', '/keys'];

/** What a script on another site may read of an answer's headers. */
const EXPOSED = ['X-Request-Id', 'Retry-After', 'X-Total-Count'];

/** The service as an Express application that does not listen yet. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  // Answers are never stored, so that nothing would compare an ETag.
  app.disable('etag');
  app.set('trust proxy', [...parts.trustedProxies]);
  app.use(createRequestContext(parts.newRequestId, parts.metrics, parts.logger));
  app.use(helmet(securityHeaders(parts.hsts)));
  if (parts.corsOrigins.length > 0) app.use(crossOrigin(parts.corsOrigins));
  serveConsole(app, parts);
  addRoutes(app, parts.routes, parts);
  const versioned = express.Router();
  addRoutes(versioned, parts.routes, parts);
  app.use('/api/v1', versioned);
  serveDocuments(app, parts);
  app.use(express.static(join(parts.root, 'web'), { index: 'index.html', redirect: false }));
  app.use(notFound);
  app.use(createErrorMapper(parts.logger));
  return app;
}

/** `/sessions` and the like typed into a browser mean the console; a program that takes anything means the list. */
function serveConsole(app: Express, { root }: AppParts): void {
  app.get(CONSOLE_ADDRESSES, (req, res, next) => {
    res.vary('Accept');
    if (req.accepts(['json', 'html']) !== 'html') return next();
    res.locals.route = 'console';
    res.setHeader('Cache-Control', 'no-store');
    res.sendFile('index.html', { root: join(root, 'web'), cacheControl: false, lastModified: false });
  });
}

/** CORS. Most requests come from programs, without an `Origin`, and skip it. */
function crossOrigin(origins: readonly string[]): RequestHandler {
  const answer = cors({ origin: corsOrigin(origins), exposedHeaders: EXPOSED });
  return (req, res, next) => {
    if (req.headers.origin !== undefined || req.method === 'OPTIONS') return answer(req, res, next);
    if (!origins.includes('*')) res.setHeader('Vary', 'Origin');
    next();
  };
}

function corsOrigin(origins: readonly string[]): string | (string | RegExp)[] {
  if (origins.includes('*')) return '*';
  return origins.map((origin) => (origin === 'loopback' ? LOOPBACK_PAGES : origin));
}

/** The document and its page are made on the first request, so that the start does not wait for them. */
function serveDocuments(app: Express, { routes, version }: AppParts): void {
  const document = lazily(() => createOpenApi(routes, version));
  const page = lazily(() => setupSwagger(document(), { customSiteTitle: 'TeleGate API' }));
  app.get(['/openapi.json', '/api/v1/openapi.json'], (_req, res) => {
    res.json(document());
  });
  app.use(['/docs', '/api/v1/docs'], serveSwagger, (req: Request, res: Response, next: NextFunction) =>
    page()(req, res, next),
  );
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
