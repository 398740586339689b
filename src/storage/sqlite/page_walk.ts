import Database from 'better-sqlite3';

/** So many pages are read in one go: a few milliseconds. */
const PAGES_AT_ONCE = 256;

/** A table of up to so many pages, with its indexes, is also compared row by row: a few dozen milliseconds. */
const COMPARED_PAGES = 4096;

/**
 * Walks through every page of the database at `path` on a connection of its own that writes nothing, a few pages at
 * a time; each time it yields how many milliseconds those took. Returns what is wrong with the file; null: nothing.
 * Large tables are looked at page by page, small ones also row by row.
 * @throws SQLite's error where the file can't be read.
 */
export function* walkPages(path: string): Generator<number, string | null> {
  const sqlite = new Database(path, { readonly: true, fileMustExist: true });
  try {
    for (const [table, trees] of treesByTable(sqlite)) {
      let pages = 0;
      for (const tree of trees) {
        const walked = yield* walkTree(sqlite, tree);
        if (typeof walked === 'string') return walked;
        pages += walked;
      }
      if (pages > COMPARED_PAGES) continue;
      const began = performance.now();
      const found = sqlite.pragma(`quick_check("${table.replaceAll('"', '""')}")`, { simple: true });
      if (found !== 'ok') return String(found);
      yield performance.now() - began;
    }
    return null;
  } finally {
    sqlite.close();
  }
}

/** The table of the schema, then every other one: its own tree, and those of its indexes. */
function treesByTable(sqlite: Database.Database): Map<string, string[]> {
  const rows = sqlite
    .prepare<[], [table: string, tree: string]>(
      'SELECT tbl_name, name FROM sqlite_schema WHERE rootpage > 0 ORDER BY rowid',
    )
    .raw()
    .all();
  const trees = new Map<string, string[]>([['sqlite_schema', ['sqlite_schema']]]);
  for (const [table, tree] of rows) trees.set(table, [...(trees.get(table) ?? []), tree]);
  return trees;
}

/** How many pages the tree has, or what is wrong with one. */
function* walkTree(sqlite: Database.Database, tree: string): Generator<number, number | string> {
  const pages = sqlite
    .prepare<[string], [page: number, kind: string]>(
      "SELECT pageno, pagetype FROM dbstat('main') WHERE name = ?",
    )
    .raw()
    .iterate(tree);
  let count = 0;
  let began = performance.now();
  for (const [page, kind] of pages) {
    if (kind === 'corrupted') return `page ${page} of ${tree} is no page of a database`;
    count += 1;
    if (count % PAGES_AT_ONCE > 0) continue;
    yield performance.now() - began;
    began = performance.now();
  }
  return count;
}
