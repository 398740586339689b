import type { IRouter, NextFunction, Request, Response } from 'express';
import { type ApiKey, allows } from '../kernel/api_key.js';
import { Forbidden, MethodNotAllowed, NotFound, PathNotFound } from '../kernel/errors.js';
import type { Timers } from '../kernel/timers.js';
import { readBody } from './body.js';
import { readInput, readParams } from './input.js';
import type { Context, Method, Reply, Route } from './route.js';
import { ensureSameOrigin } from './same_origin.js';

/** Who sent a request; a cookie may be renewed in the response. @throws Unauthenticated, Forbidden, TooMany. */
export type Authenticate = (req: Request, res: Response) => Promise<ApiKey>;

/** Who did something, and by which request. */
export type Actor = Pick<Context<unknown, unknown>, 'key' | 'req' | 'res'>;

/** The action and its object. */
export interface AuditedAction {
  readonly action: string;
  readonly object: string | null;
}

/** Records what admins do. */
export interface AuditLog {
  /** Resolves once the action, which was carried out, is recorded. @throws Unavailable where it can't be. */
  done(actor: Actor, action: AuditedAction): Promise<void>;
  /** Records that the action failed, if that may have changed anything. Never rejects. */
  failed(actor: Actor, action: AuditedAction, error: unknown): Promise<void>;
}

/** What all routes share. */
export interface RouterParts {
  readonly authenticate: Authenticate;
  /** Whether a key that is limited to tags may see the session. */
  readonly sees: (key: ApiKey, sessionId: number) => Promise<boolean>;
  /** Records the actions of admins. */
  readonly audit: AuditLog;
  /** Times out bodies that arrive too slowly. */
  readonly timers: Timers;
}

/** Used in place of a key on a public route. */
const ANYONE: ApiKey = { holder: '', name: '', role: 'worker', maxLeases: null, tags: [], expiresAt: null };

/** Adds routes to an application or a router: checks the key, reads the input, sends the answer. */
export function addRoutes(router: IRouter, routes: readonly Route[], parts: RouterParts): void {
  for (const route of routes) {
    router[route.method](route.path, (req, res, next) => {
      if (route.refuseHead && req.method === 'HEAD') return next();
      serve(route, parts, req, res).catch(next);
    });
  }
  router.use((req, res, next) => refuseMethod(routes, req, res, next));
}

async function serve(route: Route, parts: RouterParts, req: Request, res: Response): Promise<void> {
  res.locals.route = route.path;
  const key = route.access === 'public' ? ANYONE : await parts.authenticate(req, res);
  if (route.access !== 'public' && !allows(key.role, route.access)) {
    const message = `This needs the role ${neededRoles(route.access)}; the key's role is ${key.role}`;
    throw new Forbidden(message, { code: 'role_required' });
  }
  if (key.signIn !== undefined && changesSomething(route)) ensureSameOrigin(req, 'proof');
  const hasBody = route.from === 'any' || route.from === 'body' || route.file !== undefined;
  const file = hasBody ? await readBody(req, res, { file: route.file, timers: parts.timers }) : null;
  try {
    const [input, params] = [readInput(route, req), readParams(route, req)];
    const reply = await answer(route, parts, { input, params, file, key, req, res });
    if (reply) send(res, reply);
  } finally {
    if (file) await file.leave();
  }
}

/** Browsers send cookies by themselves, with whatever page makes them send a request. */
function changesSomething({ method, refuseHead = false }: Route): boolean {
  return method !== 'get' || refuseHead;
}

type Answered = ReturnType<Route['handle']>;

/** Checks and records only what the route and the key call for, so that other requests go straight to the handler. */
function answer(route: Route, parts: RouterParts, context: Context<unknown, unknown>): Answered {
  if (route.session === undefined || context.key.tags.length === 0) return handle(route, parts, context);
  return handleSeen(route, route.session, parts, context);
}

/** For a key limited to tags, which may not see every session. @throws NotFound. */
async function handleSeen(
  route: Route,
  session: NonNullable<Route['session']>,
  parts: RouterParts,
  context: Context<unknown, unknown>,
): Promise<Reply | undefined> {
  const id = session.id(context);
  if (await parts.sees(context.key, id)) return handle(route, parts, context);
  if (session.unseen) return session.unseen(id);
  throw new NotFound('Session');
}

function handle(route: Route, { audit }: RouterParts, context: Context<unknown, unknown>): Answered {
  if (route.audit === undefined || context.key.role !== 'admin') return route.handle(context);
  return handleAudited(route, route.audit, audit, context);
}

/** An action is in the audit log before it is answered. */
async function handleAudited(
  route: Route,
  { action, object }: NonNullable<Route['audit']>,
  audit: RouterParts['audit'],
  context: Context<unknown, unknown>,
): Promise<Reply | undefined> {
  const audited = () => ({ action, object: object?.(context) ?? null });
  let reply: Reply | undefined;
  try {
    reply = await route.handle(context);
  } catch (error) {
    // What other roles may do as well is recorded only where it touched another key's session.
    if (route.access.length === 0) await audit.failed(context, audited(), error);
    throw error;
  }
  if (reply?.audit !== null) await audit.done(context, { ...audited(), ...reply?.audit });
  return reply;
}

/** Sends the answer as it is: no part of it is ever cached, so that none of Express's checks for that apply. */
function send(res: Response, { status = 200, body, headers }: Reply): void {
  const content = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  res.writeHead(status, {
    'Cache-Control': 'no-store',
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(content),
    ...headers,
  });
  res.end(content);
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
  next(new MethodNotAllowed());
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
  next(new PathNotFound());
}
