import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
import { createErrorMapper } from './error_mapper.js';
import { createOpenApi } from './openapi.js';
import { createRequestContext, type HttpMetrics } from './request_context.js';
import type { Route } from './route.js';
import { addRoutes, notFound, type RouterParts } from './router.js';

export interface AppParts extends PlainAppParts {
  /** The root of the project, which contains the console's files. */
  readonly root: string;
  readonly version: string;
  readonly corsOrigins: readonly string[];
}

export interface PlainAppParts extends RouterParts {
  readonly routes: readonly Route[];
  readonly logger: Logger;
  readonly metrics: HttpMetrics;
  readonly newRequestId: () => string;
  /** TLS is in front of the service: browsers are told to use nothing else. */
  readonly hsts: boolean;
  /** The proxies whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
}

/** The service itself speaks plain HTTP: browsers are sent to HTTPS only where TLS is in front of it (`hsts`). */
function securityHeaders(hsts: boolean): HelmetOptions {
  const contentSecurityPolicy = { directives: { upgradeInsecureRequests: null } };
  return { contentSecurityPolicy, ...(!hsts && { strictTransportSecurity: false }) };
}

/** The origins of pages on loopback addresses. */
const LOOPBACK_PAGES = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/** Pages of the console that are lists of the API, too. */
const CONSOLE_ADDRESSES = ['/sessions', '/sources', '/leases', '/keys'];

/** The headers of an answer that scripts on other sites may read. */
const EXPOSED = ['X-Request-Id', 'Retry-After', 'X-Total-Count'];

/** The service as an Express application that does not listen yet. */
export function createApp(parts: AppParts): Express {
  const app = plainApp(parts);
  if (parts.corsOrigins.length > 0) app.use(crossOrigin(parts.corsOrigins));
  serveConsole(app, parts);
  addRoutes(app, parts.routes, parts);
  const versioned = express.Router();
  addRoutes(versioned, parts.routes, parts);
  app.use('/api/v1', versioned);
  serveDocuments(app, parts);
  serveLibraries(app);
  app.use(express.static(join(parts.root, 'web'), { index: 'index.html', redirect: false }));
  app.use(notFound);
  app.use(createErrorMapper(parts.logger));
  return app;
}

/** An application of these routes alone, without console, documents and CORS. */
export function createRoutesApp(parts: PlainAppParts): Express {
  const app = plainApp(parts);
  addRoutes(app, parts.routes, parts);
  app.use(notFound);
  app.use(createErrorMapper(parts.logger));
  return app;
}

function plainApp(parts: PlainAppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  // Answers are never cached, so nothing would compare an ETag.
  app.disable('etag');
  app.set('trust proxy', [...parts.trustedProxies]);
  app.use(createRequestContext(parts.newRequestId, parts.metrics, parts.logger));
  app.use(helmet(securityHeaders(parts.hsts)));
  return app;
}

/** In a browser, `/sessions` and the like open the console; a program that accepts anything gets the list. */
function serveConsole(app: Express, { root }: AppParts): void {
  app.get(CONSOLE_ADDRESSES, (req, res, next) => {
    res.vary('Accept');
    if (req.accepts(['json', 'html']) !== 'html') return next();
    res.locals.route = 'console';
    res.setHeader('Cache-Control', 'no-store');
    res.sendFile('index.html', { root: join(root, 'web'), cacheControl: false, lastModified: false });
  });
}

/** What the console uses of installed packages, as they were published for browsers: the package, and its file. */
const BROWSER_LIBRARIES = {
  'croner.js': ['croner', 'croner.js'],
  'cronstrue.js': ['cronstrue', 'cronstrue.min.js'],
} as const;

/** Wherever they are installed: npm puts them beside this package, if that is itself installed. */
function serveLibraries(app: Express): void {
  for (const [name, [library, file]] of Object.entries(BROWSER_LIBRARIES)) {
    const root = dirname(fileURLToPath(import.meta.resolve(library)));
    app.get(`/libraries/${name}`, (_req, res) => res.sendFile(file, { root }));
  }
}

/** CORS. Most requests come from programs and have no `Origin`: they skip it. */
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

/** The document and its page are built on the first request, so that they do not delay the start. */
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
