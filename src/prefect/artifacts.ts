import { LRUCache } from 'lru-cache';
import type { RunStore } from '../runs/store.js';
import type { SourceStore } from '../sources/store.js';
import type { PrefectClient } from './client.js';
import type { CallOptions } from './http.js';
import { countInLog, percentDone, progressText, resultText, runSummary } from './run_summary.js';
import type { FlowRun } from './store.js';

export interface ArtifactsParts {
  readonly client: Pick<PrefectClient, 'artifacts' | 'createArtifact' | 'patchArtifact'>;
  readonly runs: Pick<RunStore, 'logs'>;
  readonly sources: Pick<SourceStore, 'source'>;
}

/** The artifacts that a flow run has in Prefect. */
interface KnownArtifacts {
  progressId: string | null;
  /** What the progress shows, in percent. */
  shown: number | null;
  summaryId: string | null;
}

/** How many flow runs' artifacts are remembered; those of others are asked for again. */
const MAX_KNOWN = 1_000;

/** How many entries of a log are read for the summary. */
const MAX_LOG_ENTRIES = 10_000;

/** Shows how far runs are, and what they have done, as artifacts of their flow runs. */
export class Artifacts {
  readonly #parts: ArtifactsParts;
  readonly #known = new LRUCache<string, KnownArtifacts>({ max: MAX_KNOWN });

  constructor(parts: ArtifactsParts) {
    this.#parts = parts;
  }

  /** Moves the progress of a run, if it has changed. @throws as the client. */
  async showProgress(run: FlowRun, options: CallOptions): Promise<void> {
    const percent = percentDone(run);
    if (percent === null) return;
    const known = await this.#artifactsOf(run, options);
    if (known.shown === percent) return;
    const content = { data: percent, description: progressText(run) };
    if (known.progressId === null) {
      const key = `scrape-${run.sourceId}`;
      const body = { key, type: 'progress', flow_run_id: run.flowRunId, ...content };
      known.progressId = (await this.#parts.client.createArtifact(body, options)).id;
    } else await this.#parts.client.patchArtifact(known.progressId, content, options);
    known.shown = percent;
  }

  /** Shows what a run that has ended did. May be repeated. @throws as the client. */
  async showEnd(run: FlowRun, options: CallOptions): Promise<void> {
    const { client, runs, sources } = this.#parts;
    await this.showProgress(run, options);
    const known = await this.#artifactsOf(run, options);
    const log = await runs.logs(run.id, { skip: 0, limit: MAX_LOG_ENTRIES });
    const data = runSummary(run, await sources.source(run.sourceId), countInLog(log));
    const content = { data, description: resultText(run) };
    if (known.summaryId !== null) await client.patchArtifact(known.summaryId, content, options);
    else {
      const key = `summary-${run.sourceId}`;
      await client.createArtifact({ key, type: 'markdown', flow_run_id: run.flowRunId, ...content }, options);
    }
    this.#known.delete(run.flowRunId);
  }

  /** Those that another process has made, too. */
  async #artifactsOf({ flowRunId }: FlowRun, options: CallOptions): Promise<KnownArtifacts> {
    const known = this.#known.get(flowRunId);
    if (known) return known;
    const filter = { artifacts: { flow_run_id: { any_: [flowRunId] } }, limit: 200 };
    const found = await this.#parts.client.artifacts(filter, options);
    const progress = found.find(({ type }) => type === 'progress');
    const artifacts: KnownArtifacts = {
      progressId: progress?.id ?? null,
      shown: typeof progress?.data === 'number' ? progress.data : null,
      summaryId: found.find(({ type }) => type === 'markdown')?.id ?? null,
    };
    this.#known.set(flowRunId, artifacts);
    return artifacts;
  }
}
