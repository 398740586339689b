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
for (const name of ['json.d.ts', 'runtime.d.ts']) rmSync(join(types, name));
for (const name of readdirSync(types)) {
  const path = join(types, name);
  const text = readFileSync(path, 'utf8')
    .replace(/^ +(?!\*)/gm, '')
    .replace(/^ +(?=\*)/gm, ' ');
  writeFileSync(
    path,
    name === 'api_types.d.ts' ? withoutLines(text.replace(/^\/\*\*[\s\S]*?\*\/\n/gm, '')) : compact(text),
  );
}

const written = {
  'types/package.json': '{ "type": "commonjs" }',
  'index.d.ts': "export * from './types/index.js';",
  'index.cjs': "module.exports = require('./index.js');",
};
for (const [name, text] of Object.entries(written)) writeFileSync(join(root, 'dist', name), `${text}\n`);

/** Without the spaces that separate nothing, except in comments. No string has such ones. */
function compact(types) {
  return types.replace(/^(?!\/[/*]| \*).*$/gm, (line) => line.replace(/ ?([{}:;|?&,=<>]) ?/g, '$1'));
}

/** For types whose comments are gone. */
function withoutLines(types) {
  return compact(types)
    .replace(/([{};|&(])\n/g, '$1')
    .replace(/\n(?=[|&)}])/g, '')
    .replace(/;\}/g, '}');
}
