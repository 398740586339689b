import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { pageAt } from '../documentation/pages.js';
import { metricsOf, unservedIn } from './promql.js';
import { servedMetrics } from './served_metrics.js';

const manifestSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.strictObject({ name: z.string(), namespace: z.literal('scraping') }),
  spec: z.looseObject({
    triggers: z
      .array(
        z.strictObject({
          type: z.literal('prometheus'),
          metricType: z.literal('AverageValue'),
          metadata: z.strictObject({ serverAddress: z.url(), threshold: z.string(), query: z.string() }),
        }),
      )
      .optional(),
  }),
});

const blocks = pageAt('docs/operations/autoscaling.md').blocks.filter(({ language }) => language === 'yaml');
const manifests = blocks.flatMap(({ text }) =>
  parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return manifestSchema.parse(document.toJS());
  }),
);

describe('the manifests for autoscaling', () => {
  it('are complete documents of KEDA and Kubernetes', () => {
    expect(
      manifests.map(({ apiVersion, kind, metadata: { name } }) => `${apiVersion} ${kind} ${name}`),
    ).toEqual([
      'keda.sh/v1alpha1 ScaledObject scraper',
      'keda.sh/v1alpha1 ScaledObject telegate-worker',
      'autoscaling/v2 HorizontalPodAutoscaler telegate',
      'policy/v1 PodDisruptionBudget telegate',
    ]);
  });

  it('ask Prometheus for nothing that the service does not serve', async () => {
    const metrics = await servedMetrics();
    const queries = manifests
      .flatMap(({ spec }) => spec.triggers ?? [])
      .map(({ metadata }) => metadata.query);
    expect(queries).toHaveLength(2);
    for (const query of queries) {
      expect(metricsOf(query)).not.toEqual([]);
      expect([query, unservedIn(query, metrics)]).toEqual([query, []]);
    }
  });
});
