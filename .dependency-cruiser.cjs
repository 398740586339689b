/** The layers of `src`, lowest first: each may import itself and those before it. docs/architecture.md draws them. */
const LAYERS = [
  'kernel',
  'cluster',
  'jobs',
  'http',
  'access',
  'audit',
  'telegram',
  'pool',
  'peers',
  'egress',
  'intake',
  'sessions',
  'logins',
  'runs',
  'sources',
  'scraping',
  'prefect',
  'storage',
  'config|settings|environment',
  'wiring',
  'container|banner',
  'operations',
  'main',
  'cli',
];

const inLayer = (layer) => `^src/(${layer})(/|[.]ts$|$)`;
const forbid = (name, from, to) => ({ name, severity: 'error', from, to });

module.exports = {
  forbidden: [
    ...LAYERS.map((layer, at) =>
      forbid(
        'no import upwards',
        { path: inLayer(layer) },
        { path: '^src/', pathNot: LAYERS.slice(0, at + 1).map(inLayer) },
      ),
    ),
    forbid('every file has a layer', { path: '^src/', pathNot: LAYERS.map(inLayer) }, {}),
    forbid('no cycle of files', {}, { circular: true }),
    { ...forbid('no cycle of folders', {}, { circular: true }), scope: 'folder' },
    forbid(
      'services know nothing of HTTP',
      {
        path: '^src/(jobs|cluster|telegram|pool|peers|egress|intake|sessions|logins|runs|sources|scraping|prefect|storage)/',
        pathNot: 'routes|schemas|_input',
      },
      { path: ['^src/http/', 'node_modules/express/'] },
    ),
    forbid('storage implements ports', { path: '^src/storage/' }, { path: '/(routes|service)[.]ts$' }),
    forbid(
      'only storage imports a database',
      { path: '^src/', pathNot: '^src/(storage|intake/formats)/' },
      { path: 'node_modules/(better-sqlite3|pg|drizzle-orm)/' },
    ),
    forbid(
      'only telegram/gramjs imports GramJS',
      { path: '^src/', pathNot: '^src/telegram/gramjs/' },
      { path: 'node_modules/telegram/' },
    ),
  ],
  options: { parser: 'swc', tsPreCompilationDeps: true, doNotFollow: { path: 'node_modules' } },
};
