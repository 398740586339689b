import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { apiTypes, type OpenApiDocument } from './api_types_generator.js';
import { findPrefect } from './installation.js';

const DOCUMENT = `
import json
from prefect.server.api.server import create_app
print(json.dumps(create_app(ephemeral=True).openapi()))
`;

/**
 * Writes `src/prefect/api_types.ts`, from the document of the server whose address is given
 * (`npm run prefect:types -- http://localhost:4200`) or, without one, of the Prefect that is installed.
 */
async function main(server: string | undefined): Promise<void> {
  writeFileSync(
    'src/prefect/api_types.ts',
    apiTypes(server === undefined ? ofInstallation() : await ofServer(server)),
  );
}

async function ofServer(address: string): Promise<OpenApiDocument> {
  const response = await fetch(new URL('/openapi.json', address));
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
  return (await response.json()) as OpenApiDocument;
}

function ofInstallation(): OpenApiDocument {
  const prefect = findPrefect();
  if (!prefect) throw new Error('Prefect is not installed: give the address of a server');
  const text = execFileSync(prefect.python, ['-c', DOCUMENT], { encoding: 'utf8', maxBuffer: 2 ** 26 });
  return JSON.parse(text.slice(text.indexOf('{"openapi"'))) as OpenApiDocument;
}

await main(process.argv[2]);
