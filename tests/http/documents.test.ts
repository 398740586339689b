import { describe, expect, it } from '@jest/globals';
import { withService } from '../service/service.js';

interface Operation {
  readonly responses: Readonly<Record<string, unknown>>;
  readonly security?: readonly unknown[];
}

describe('GET /openapi.json', () => {
  it(
    'is an OpenAPI 3.1 document with every route, without dangling references',
    withService(async (service) => {
      const { body } = await service.as(null).get('/openapi.json').expect(200);
      expect(body.openapi).toMatch(/^3\.1\.\d$/);
      expect(body.info).toMatchObject({
        title: 'TeleGate',
        version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      });
      const paths: Record<string, Record<string, Operation>> = body.paths;
      const routes = Object.entries(paths).flatMap(([path, verbs]) =>
        Object.keys(verbs).map((verb) => `${verb} ${path}`),
      );
      expect(routes).toEqual(expect.arrayContaining(ROUTES));
      const operations = Object.values(paths).flatMap((verbs) => Object.values(verbs));
      for (const { responses } of operations) expect(Object.keys(responses).length).toBeGreaterThan(0);
      for (const [, reference] of JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)) {
        const steps = String(reference).replace(/^#\//, '').split('/');
        const target = steps.reduce(
          (node, step) => (node as Record<string, object>)[step] ?? {},
          body as object,
        );
        expect([reference, Object.keys(target).length > 0]).toEqual([reference, true]);
      }
    }),
  );

  it(
    'names each operation once, its key if one is needed, and the parameters of its path',
    withService(async (service) => {
      const { body } = await service.as(null).get('/openapi.json');
      const ids = [...JSON.stringify(body).matchAll(/"operationId":"([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(body.security).toEqual([{ key: [] }, { bearer: [] }]);
      expect(body.paths['/health'].get.security).toEqual([]);
      expect(body.paths['/sessions/{id}/history'].get.parameters).toContainEqual(
        expect.objectContaining({ name: 'id', in: 'path', required: true }),
      );
      const wait = body.paths['/session'].get.parameters.find(
        ({ name }: { name: string }) => name === 'wait',
      );
      expect(wait.schema).toMatchObject({ type: 'integer', minimum: 0, maximum: 60 });
    }),
  );
});

const ROUTES =
  `get /session|post /session|post /heartbeat|post /release|post /invalidate|post /restore|post /floodwait
post /report|get /status|post /sync|get /leases|get /sessions|get /sessions/{id}|put /sessions/{id}
get /sessions/{id}/history|get /keys|post /keys|delete /keys/{id}|get /health|get /ready|get /metrics|get /events`
    .replaceAll('\n', '|')
    .split('|');

describe('GET /docs', () => {
  it(
    'is a page that shows the document, to anyone, without external files',
    withService(async (service) => {
      const page = await service.as(null).get('/docs').redirects(1).expect(200);
      expect(page.headers['content-type']).toContain('text/html');
      const assets = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => String(path));
      expect(assets.filter((path) => /^(https?:)?\/\//.test(path))).toEqual([]);
      for (const path of assets)
        await service
          .as(null)
          .get(`/docs/${path.replace('./', '')}`)
          .expect(200);
    }),
  );
});
