import { z } from 'zod';
import { page, search, wholeNumber } from '../http/parameters.js';
import { defineRoute, pageOf, type Reply, type Route } from '../http/route.js';
import { NotFound } from '../kernel/errors.js';
import { type OpenFile, sendFile } from './file_content_routes.js';
import type { FileFilter, RunListStore } from './list_store.js';
import { NOT_FOUND, PREFIXES, runParams, sourceParams } from './routes.js';
import { runFileAnswer, serializeRunFile } from './serialize.js';
import type { RunService } from './service.js';
import { FILE_STATES } from './store.js';

export interface RunFileRouteParts {
  readonly runs: RunService;
  readonly lists: RunListStore;
  /** @throws NotFound if there is no such source. */
  readonly ensureSource: (id: number) => Promise<void>;
  readonly openFile: OpenFile;
}

/** The files that runs have found. */
export function runFileRoutes(parts: RunFileRouteParts): Route[] {
  return [
    ...PREFIXES.flatMap((prefix) => [ofRun(parts, prefix), contentOfRun(parts, prefix)]),
    ofAll(parts),
    ofSource(parts),
    contentOfSource(parts),
  ];
}

const listInput = page.extend({
  q: search('Part of the name', '.pdf'),
  state: z.enum(FILE_STATES).nullish(),
});

const LISTED = { 200: { description: 'Files, by message', schema: z.array(runFileAnswer), counted: true } };

function ofRun(parts: RunFileRouteParts, prefix: string): Route {
  return defineRoute({
    method: 'get',
    path: `${prefix}/runs/:id/files`,
    tag: 'Runs',
    summary: 'The files that a run has found, by message',
    access: ['monitor'],
    params: runParams,
    input: listInput,
    responses: { ...LISTED, ...NOT_FOUND },
    async handle({ params, input }) {
      await parts.runs.run(params.id);
      return listed(parts, input, { runId: params.id });
    },
  });
}

function ofAll(parts: RunFileRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/files',
    tag: 'Runs',
    summary: 'The files of all sources, newest first',
    access: ['monitor'],
    input: listInput,
    responses: { 200: { description: 'Files', schema: z.array(runFileAnswer), counted: true } },
    handle: ({ input }) => listed(parts, input, {}),
  });
}

function ofSource(parts: RunFileRouteParts): Route {
  return defineRoute({
    method: 'get',
    path: '/sources/:id/files',
    tag: 'Runs',
    summary: 'The files of a source, by message',
    access: ['monitor'],
    params: sourceParams,
    input: listInput,
    responses: { ...LISTED, 404: { description: 'Source not found' } },
    async handle({ params, input }) {
      await parts.ensureSource(params.id);
      return listed(parts, input, { sourceId: params.id });
    },
  });
}

async function listed(
  { lists }: RunFileRouteParts,
  { skip, limit, q, state }: z.output<typeof listInput>,
  scope: FileFilter,
): Promise<Reply> {
  const filter = { ...scope, ...(q && { q }), ...(state && { state }) };
  const [files, total] = await Promise.all([lists.files({ skip, limit }, filter), lists.fileCount(filter)]);
  return pageOf(files.map(serializeRunFile), total);
}

const id = wholeNumber(1, Number.MAX_SAFE_INTEGER);
const fileId = id.meta({ description: 'The file, by the `id` in the list of files', example: 1 });

const CONTENT = {
  method: 'get',
  tag: 'Runs',
  summary: 'The content of a file',
  description:
    'Under the name that it had in Telegram. Ranges are honoured, so that a download can be resumed.',
  access: [],
  responses: {
    200: { description: 'The file', contentType: 'application/octet-stream' },
    206: { description: 'The part that `Range` asks for', contentType: 'application/octet-stream' },
    404: { description: 'File not found, or gone from the target' },
    409: { description: '`file_not_stored`: it was skipped' },
    416: { description: 'The file has no such range' },
  },
} as const;

function contentOfRun({ lists, openFile }: RunFileRouteParts, prefix: string): Route {
  return defineRoute({
    ...CONTENT,
    path: `${prefix}/runs/:id/files/:file_id/content`,
    params: runParams.extend({ file_id: fileId }),
    async handle({ params, req, res }) {
      const file = await lists.file(params.file_id);
      if (file?.runId !== params.id) throw new NotFound('File');
      return sendFile(file, openFile, req, res);
    },
  });
}

function contentOfSource({ lists, openFile }: RunFileRouteParts): Route {
  return defineRoute({
    ...CONTENT,
    path: '/sources/:id/files/:file_id/content',
    params: sourceParams.extend({ file_id: fileId }),
    async handle({ params, req, res }) {
      const file = await lists.file(params.file_id);
      if (file?.sourceId !== params.id) throw new NotFound('File');
      return sendFile(file, openFile, req, res);
    },
  });
}
