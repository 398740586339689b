import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandboxService } from '../../sandbox/service.js';

/** Needs the compiler that wrote declarations with an API of its own, which version 7 no longer has. */
const GENERATOR = ['openapi-typescript@7.13.0', 'typescript@5.9.3'];

/** Writes `web/api/schema.ts`: the types of the API, from the OpenAPI document of the service. */
async function main(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'api-types-'));
  try {
    const document = join(directory, 'openapi.json');
    writeFileSync(document, await openApiDocument(directory));
    const packages = GENERATOR.map((name) => `--package=${name}`);
    const command = ['openapi-typescript', document, '--output', 'web/api/schema.ts'];
    execFileSync('npm', ['exec', '--yes', ...packages, '--', ...command], { stdio: 'inherit' });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function openApiDocument(directory: string): Promise<string> {
  const ports = { port: 0, dcPort: 0, controlPort: 0 };
  const service = await startSandboxService({ directory: join(directory, 'sandbox'), ...ports, poolSize: 0 });
  try {
    return await (await fetch(`${service.baseUrl}/openapi.json`)).text();
  } finally {
    await service.close();
  }
}

await main();
