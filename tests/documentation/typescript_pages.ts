/** What the blocks of a page take for granted. */
export interface TypeScriptPage {
  /** Put before each block that does not say by itself what it uses. */
  readonly prelude: string;
}

const TELEGATE = `import { TeleGate } from '@telegate/client';
const telegate = new TeleGate({ baseUrl: 'http://localhost:8000', apiKey: process.env.TELEGATE_API_KEY ?? '' });`;

/** Pages with programs in TypeScript. A page that is not here fails the test. */
export const TYPESCRIPT_PAGES: Readonly<Record<string, TypeScriptPage>> = {
  'docs/workers/typescript.md': {
    prelude: `${TELEGATE}
const application = { apiId: 12345, apiHash: '0123456789abcdef0123456789abcdef' };`,
  },
  'clients/typescript/README.md': { prelude: TELEGATE },
};
