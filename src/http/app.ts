import { createHash } from 'node:crypto';
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
import { generateHTML, serveFiles } from 'swagger-ui-express';
import type { Logger } from 'winston';
import { consoleRoutes } from './console.js';
import { createErrorMapper } from './error_mapper.js';
import type { HttpMetrics } from './metrics.js';
import { createOpenApi } from './openapi.js';
import { createRequestContext } from './request_context.js';
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

/** Pages load what the service itself serves, and nothing else: no other host, and nothing that stands in the page. */
const CONTENT_POLICY = {
  'default-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'script-src': ["'self'"],
  'script-src-attr': ["'none'"],
  'style-src': ["'self'"],
} as const;

/** The service itself speaks plain HTTP: browsers are sent to HTTPS only where TLS is in front of it (`hsts`). */
function securityHeaders(hsts: boolean): HelmetOptions {
  const contentSecurityPolicy = { useDefaults: false, directives: CONTENT_POLICY };
  return { contentSecurityPolicy, ...(!hsts && { strictTransportSecurity: false }) };
}

/** The origins of pages on loopback addresses. */
const LOOPBACK_PAGES = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

/** The headers of an answer that scripts on other sites may read. */
const EXPOSED = ['X-Request-Id', 'Retry-After', 'X-Total-Count'];

/** The service as an Express application that does not listen yet. */
export function createApp(parts: AppParts): Express {
  const app = plainApp(parts);
  if (parts.corsOrigins.length > 0) app.use(crossOrigin(parts.corsOrigins));
  const console = consoleRoutes(join(parts.root, 'dist', 'web'));
  app.use(console.pages);
  addRoutes(app, parts.routes, parts);
  const versioned = express.Router();
  addRoutes(versioned, parts.routes, parts);
  app.use('/api/v1', versioned);
  serveDocuments(app, parts);
  app.use(console.files);
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
  const page = lazily(() => documentsPage(document()));
  app.get(['/openapi.json', '/api/v1/openapi.json'], (_req, res) => {
    res.json(document());
  });
  const paths = ['/docs', '/api/v1/docs'];
  app.use(paths, (req: Request, res: Response, next: NextFunction) => {
    if (req.path !== '/' || req.method !== 'GET') return next();
    if (!req.originalUrl.split('?')[0]?.endsWith('/')) return res.redirect(301, `${req.baseUrl}/`);
    res.setHeader('Content-Security-Policy', page().contentPolicy);
    res.type('html').send(page().html);
  });
  // Without the bar on top of the usual layout: the policy forbids the style in its logo.
  const options = { customSiteTitle: TITLE, swaggerOptions: { layout: 'BaseLayout' } };
  const files = lazily(() => serveFiles(document(), options));
  app.use(paths, (req, res, next) => runAll(files(), req, res, next));
}

const TITLE = 'TeleGate API';

/** Swagger's page without the style attribute in it, and the policy that allows its two style elements and no others. */
function documentsPage(document: object): { readonly html: string; readonly contentPolicy: string } {
  const html = generateHTML(document, { customSiteTitle: TITLE }).replace(
    'style="position:absolute;width:0;height:0"',
    'width="0" height="0" display="none"',
  );
  const styles = [...html.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(
    ([, style]) => `'sha256-${sha256(style ?? '')}'`,
  );
  const policy = { ...CONTENT_POLICY, 'style-src': ["'self'", ...styles] };
  const directives = Object.entries(policy).map(([name, values]) => `${name} ${values.join(' ')}`);
  return { html, contentPolicy: directives.join(';') };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

function runAll(handlers: readonly RequestHandler[], req: Request, res: Response, next: NextFunction): void {
  const [first, ...rest] = handlers;
  if (first) first(req, res, (error?: unknown) => (error ? next(error) : runAll(rest, req, res, next)));
  else next();
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
