import { z } from 'zod';
import { text, wholeNumber } from '../http/parameters.js';
import { type ProxyAddress, parseProxyUrl } from '../kernel/proxy.js';

const wanted =
  'wanted: an object of type, host, port, user and pass, or a URL such as socks5://user:pass@host:port';

/** The parts that a URL says; anything but a text is left as it is. */
function partsOf(given: unknown, context: z.RefinementCtx): unknown {
  if (typeof given !== 'string') return given;
  try {
    return parseProxyUrl(given);
  } catch (error) {
    const message = error instanceof Error ? error.message : wanted;
    context.addIssue({ code: 'custom', message, params: { type: 'value_error' } });
    return z.NEVER;
  }
}

const parts = z
  .object(
    {
      type: z.enum(['socks5', 'socks4', 'mtproxy', 'http']),
      host: text(255).regex(/^[\w.:-]+$/, 'wanted: a host name or an address'),
      port: wholeNumber(1, 65_535),
      user: text(255).nullish(),
      pass: text(512).nullish().meta({ description: 'Of an mtproxy: its secret' }),
    },
    wanted,
  )
  .transform(
    ({ user, pass, ...address }): ProxyAddress => ({ ...address, user: user ?? null, pass: pass ?? null }),
  );

/** A proxy as a request gives it: its parts, or a URL. */
export const proxyInput = z
  .preprocess(partsOf, parts)
  .meta({ description: 'An object, or a URL such as `socks5://user:pass@host:port`' });
