import type { IRouter, NextFunction, Request, Response } from 'express';
import type { ApiKey } from '../access/keys.js';
import { allows } from '../access/roles.js';
import { Forbidden, NotFound } from '../errors.js';
import { readBody } from './body.js';
import { readInput, readParams } from './input.js';
import type { Method, Reply, Route } from './route.js';

/** Who sent a request. @throws Unauthenticated, Forbidden, TooMany. */
export type Authenticate = (req: Request) => Promise<ApiKey>;

/** What stands in for a key on a route that anyone may call. */
const ANYONE: ApiKey = { holder: '', name: '', role: 'worker', maxLeases: null };

/** Adds routes to an application or a router: who may, what was sent, what is answered. */
export function addRoutes(router: IRouter, routes: readonly Route[], authenticate: Authenticate): void {
  for (const route of routes) {
    router[route.method](route.path, (req, res, next) => {
      if (route.refuseHead && req.method === 'HEAD') return next();
      serve(route, authenticate, req, res).catch(next);
    });
  }
  router.use((req, res, next) => refuseMethod(routes, req, res, next));
}

async function serve(route: Route, authenticate: Authenticate, req: Request, res: Response): Promise<void> {
  res.locals.route = route.path;
  const key = route.access === 'public' ? ANYONE : await authenticate(req);
  if (route.access !== 'public' && !allows(key.role, route.access)) {
    throw new Forbidden(`This needs the role ${neededRoles(route.access)}; the key's role is ${key.role}`);
  }
  const hasBody = route.from === 'any' || route.from === 'body' || route.file !== undefined;
  const file = hasBody ? await readBody(req, res, route.file) : null;
  try {
    const input = readInput(route, req);
    const reply = await route.handle({ input, params: readParams(route, req), file, key, req, res });
    if (reply) send(res, reply);
  } finally {
    await file?.leave();
  }
}

/** Sends the answer as it is: no part of it is ever cached, so that none of Express's checks for that apply. */
function send(res: Response, { status = 200, body, headers }: Reply): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  res.writeHead(status, {
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  });
  res.end(text);
}

function neededRoles(access: readonly string[]): string {
  return [...new Set([...access, 'admin'])].join(' or ');
}

/** A path that exists, asked with a method that does not, is told which ones do. */
function refuseMethod(routes: readonly Route[], req: Request, res: Response, next: NextFunction): void {
  const allowed: Method[] = routes
    .filter((route) => matches(route.path, req.path))
    .map((route) => route.method);
  if (allowed.length === 0) {
    next();
    return;
  }
  res.setHeader('Allow', [...new Set(allowed)].join(', ').toUpperCase());
  res.status(405).json({ detail: 'Method Not Allowed' });
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/').filter(Boolean);
  const given = path.split('/').filter(Boolean);
  return (
    wanted.length === given.length && wanted.every((part, at) => part.startsWith(':') || part === given[at])
  );
}

/** Ends the chain of routes. */
export function notFound(_req: Request, _res: Response, next: NextFunction): void {
  next(new NotFound('Not Found'));
}
