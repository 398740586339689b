/** Pages with programs in Python, whose blocks share one namespace. A page that is not here fails the test. */
export const PYTHON_PAGES: Readonly<Record<string, object>> = {
  'docs/workers/python_telethon.md': {},
  'docs/workers/kurigram.md': {},
  'docs/moving.md': {},
  'clients/python/README.md': {},
};
