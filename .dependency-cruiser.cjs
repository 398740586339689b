/** The layers of `src`, lowest first: each may import itself and those before it. docs/architecture.md draws them. */
const LAYERS = [
  'kernel',
  'replicas',
  'jobs',
  'http',
  'access',
  'audit',
  'telegram',
  'pool',
  'intake',
  'sessions',
  'logins',
  'sources',
  'scraping',
  'storage',
  'config',
  'wiring',
  'container',
  'cli',
  'main',
];

const path = (layer) => `^src/${layer}(/|\\.ts$)`;
const only = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: '^src', pathNot: from },
  to: { path: to },
});

module.exports = {
  forbidden: [
    ...LAYERS.map((layer, at) => ({
      name: `${layer}: no import upwards`,
      severity: 'error',
      from: { path: path(layer) },
      to: { path: '^src', pathNot: LAYERS.slice(0, at + 1).map(path) },
    })),
    { name: 'no cycle', severity: 'error', from: {}, to: { circular: true } },
    only('only telegram/gramjs imports GramJS', '^src/telegram/gramjs', 'node_modules/telegram/'),
    only(
      'only storage imports a database',
      '^src/(storage|intake/formats)',
      'node_modules/(better-sqlite3|pg|drizzle-orm)/',
    ),
    only(
      'services know nothing of HTTP',
      '^src/(http|wiring|main)|routes|schemas|_input',
      '^src/http/|node_modules/express/',
    ),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
};
