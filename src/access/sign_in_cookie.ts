import type { Request, Response } from 'express';
import { SIGN_IN_SECONDS } from './sign_ins.js';

/** The cookie that holds the token of a sign-in. Scripts can't read it, and browsers send it to this site only. */
export class SignInCookie {
  readonly name: string;
  readonly #alwaysSecure: boolean;

  /** `mark`: other services on this host have another one. `alwaysSecure`: TLS is in front of the service. */
  constructor(mark: string, alwaysSecure: boolean) {
    this.name = `telegate_${mark}`;
    this.#alwaysSecure = alwaysSecure;
  }

  /** The token that came with a request; null: none. */
  read({ headers }: Request): string | null {
    for (const pair of headers.cookie?.split(';') ?? []) {
      const [name, value] = pair.trim().split('=', 2);
      if (name === this.name && value) return value;
    }
    return null;
  }

  write(req: Request, res: Response, token: string): void {
    this.#set(req, res, `${this.name}=${token}; Max-Age=${SIGN_IN_SECONDS}`);
  }

  clear(req: Request, res: Response): void {
    this.#set(req, res, `${this.name}=; Max-Age=0`);
  }

  #set(req: Request, res: Response, pair: string): void {
    const secure = this.#alwaysSecure || req.secure ? '; Secure' : '';
    res.setHeader('Set-Cookie', `${pair}; Path=/; HttpOnly; SameSite=Strict${secure}`);
  }
}
