import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import express, { type RequestHandler, type Response, type Router } from 'express';

/** The pages of the console, some of which are lists of the API, too. */
const PAGES = [
  /^\/(pool|leases|keys|audit|files|settings)?\/?$/,
  // Only items: other paths below these are routes of the API.
  /^\/(sessions|sources|runs)(\/\d+)?\/?$/,
];

/** All that the console loads is its own. `data:` images are the marks in Mantine's style sheets. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A year: the name of such a file changes with its content. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** Other files, which keep their names. */
const FOR_AN_HOUR = 'public, max-age=3600';

const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

/** The console as it was built into the directory: its pages for browsers, and its files. */
export function consoleRoutes(directory: string): { readonly pages: Router; readonly files: RequestHandler } {
  return { pages: pages(directory), files: files(directory) };
}

/** In a browser, `/sessions` and the like open the console; a program that accepts anything gets the list. */
function pages(directory: string): Router {
  const router = express.Router();
  router.get(PAGES, (req, res, next) => {
    res.vary('Accept');
    if (req.path !== '/' && req.accepts(['json', 'html']) !== 'html') return next();
    res.locals.route = 'console';
    res.setHeader('Content-Security-Policy', POLICY);
    send(res, directory, 'index.html', 'no-cache');
  });
  return router;
}

function files(directory: string): RequestHandler {
  return (req, res, next) => {
    const name = req.path.slice(1);
    if (!/^(assets\/)?[\w-]+(\.[\w-]+)+$/.test(name) || !existsSync(join(directory, name))) return next();
    res.locals.route = 'console';
    send(res, directory, name, name.startsWith('assets/') ? IMMUTABLE : FOR_AN_HOUR);
  };
}

/** Sends the file, as it was compressed by the build if the client accepts that. */
function send(res: Response, directory: string, name: string, cacheControl: string): void {
  res.vary('Accept-Encoding');
  res.setHeader('Cache-Control', cacheControl);
  res.type(extname(name));
  const found = ENCODINGS.find(
    ([encoding, suffix]) => res.req.acceptsEncodings(encoding) && existsSync(join(directory, name + suffix)),
  );
  if (found) res.setHeader('Content-Encoding', found[0]);
  res.sendFile(name + (found?.[1] ?? ''), { root: directory, cacheControl: false, etag: true });
}
