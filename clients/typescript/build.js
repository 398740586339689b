import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Builds `dist`: one bundle, as an ES module; for `require`, which loads ES modules since Node 20.19, a module of one
 * line. The types are written once, for both.
 */
const root = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const run = (program, ...args) =>
  execFileSync(process.execPath, [program, ...args], { cwd: root, stdio: 'inherit' });

rmSync(join(root, 'dist'), { recursive: true, force: true });
await require('esbuild').build({
  ...{ absWorkingDir: root, entryPoints: ['src/index.ts'], outfile: 'dist/index.js' },
  ...{ bundle: true, minify: true, format: 'esm', platform: 'neutral', target: 'es2022' },
});
const tsc = join(dirname(require.resolve('typescript/package.json')), 'lib', 'tsc.js');
run(tsc, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', 'dist/types');

// Nothing else is shipped of modules that are internal as a whole, of spaces, and of what /docs says of the API.
const types = join(root, 'dist', 'types');
const take = (name) => {
  const text = readFileSync(join(types, name), 'utf8')
    .replace(/^ +(?!\*)/gm, '')
    .replace(/^ +(?=\*)/gm, ' ');
  rmSync(join(types, name));
  return text;
};
for (const name of ['json.d.ts', 'runtime.d.ts', 'socket_guard.d.ts']) take(name);
const api = withShortNames(withoutLines(take('api_types.d.ts').replace(/^\/\*\*[\s\S]*?\*\/\n/gm, '')));
const index = take('index.d.ts');
const modules = readdirSync(types).map(take);
writeFileSync(join(types, 'api_types.d.ts'), api);
writeFileSync(join(types, 'index.d.ts'), joined(compact(inOneFile(index, modules))));

const written = {
  'types/package.json': '{ "type": "commonjs" }',
  'index.d.ts': "export * from './types/index.js';",
  'index.cjs': "module.exports = require('./index.js');",
};
for (const [name, text] of Object.entries(written)) writeFileSync(join(root, 'dist', name), `${text}\n`);

/** The declarations of all modules, whose names differ, and the exports of the index: instead of imports and exports of each. */
function inOneFile(index, modules) {
  const [, namespace] = /^(export type \* .*)$/m.exec(index);
  const names = [...index.matchAll(/^export (type )?\{([^}]*)\}/gm)].flatMap(([, type = '', list]) =>
    list.split(',').flatMap((name) => (name.trim() ? [`${type}${name.trim()}`] : [])),
  );
  const text = modules
    .join('')
    .replace(/^import [^;]* from '\.\/.*';\n/gm, '')
    .replace(/^export \{\};\n/gm, '')
    .replace(/^export /gm, '');
  const references = text.match(/^\/\/\/.*\n/gm) ?? [];
  const rest = text.replace(/^\/\/\/.*\n/gm, '');
  const imported = "import type { Operations } from './api_types.js';\n";
  return `${references.join('')}${imported}${rest}${namespace}\nexport { ${names.join(', ')} };\n`;
}

/** Without the spaces that separate nothing, except in comments. No string has such ones. */
function compact(types) {
  return types.replace(/^(?!\/[/*]| \*).*$/gm, (line) => line.replace(/ ?([{}:;|?&,=<>]) ?/g, '$1'));
}

/** Names for what is written most often. */
function withShortNames(types) {
  const names = {
    S: 'string|null',
    N: 'number|null',
    Ref: 'string|number',
    On: "'active'|'inactive'",
    Level: "'public'|'private'",
  };
  const [, states] = /type RunState=([^;]*);/.exec(types);
  const shared = types.replace(/(?<!RunState=)('queued'[^;}]*)/g, (list) => list.replace(states, 'RunState'));
  return Object.entries(names).reduce(
    (text, [name, type]) =>
      `${text.replace(new RegExp(`(?<![|\\w])${type.replace('|', '\\|')}(?![|\\w])`, 'g'), name)}type ${name}=${type};\n`,
    shared,
  );
}

/** In few lines: comments of several, and references, keep theirs. */
function joined(types) {
  return types
    .replace(/(?<!^\/\/\/.*|ts-ignore.*)([{};|?:&,*/])\n(?! \*|\/\/\/)/gm, '$1')
    .replace(/;\}/g, '}')
    .replace(/\/\*\* (?!@)(.*?) \*\//g, '/**$1*/');
}

/** For types whose comments are gone. All declarations of a module of types are exported if one is. */
function withoutLines(types) {
  return compact(types)
    .replace(/(?<=^[\s\S]+)^export /gm, '')
    .replace(/([{};|&(])\n/g, '$1')
    .replace(/\n(?=[|&)}])/g, '')
    .replace(/;\}/g, '}')
    .replace(/\/\*\* (?!@)(.*?) \*\//g, '/**$1*/');
}
