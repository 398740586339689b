import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Smaller files are sent as they are. */
const COMPRESSED_FROM_BYTES = 1024;

/** Writes `.br` and `.gz` beside each text file, so that the service compresses nothing itself. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    writeBundle({ dir = '' }, bundle) {
      for (const name of Object.keys(bundle)) {
        const text = readFileSync(join(dir, name));
        if (text.length < COMPRESSED_FROM_BYTES) continue;
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(text));
        writeFileSync(join(dir, `${name}.gz`), gzipSync(text, { level: 9 }));
      }
    },
  };
}

/** Libraries, but for those that only some pages load, each with its page. */
function isLibrary(id: string): boolean {
  return (
    /\/node_modules\/|rolldown\/runtime/.test(id) && !/node_modules\/(uplot|cronstrue|croner)\//.test(id)
  );
}

/** What pages share, but for what is loaded only when it is wanted. */
function isShared(id: string): boolean {
  return (
    /\/web\/(main[.]|(api|components|shell|i18n)\/)|[.]module[.]css$/.test(id) &&
    !/\/i18n\/(en|ru)[./]|\/shell\/palette[.]/.test(id)
  );
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [compressed()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // One style sheet: pages loaded later must not change how earlier ones look.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
    rolldownOptions: {
      checks: { pluginTimings: false },
      onLog(level, log, handle) {
        // Libraries mark what runs in browsers; here, everything does.
        if (log.code !== 'MODULE_LEVEL_DIRECTIVE') handle(level, log);
      },
      output: {
        codeSplitting: {
          // Few requests: all that every page needs is one file.
          groups: [{ name: 'console', test: (id) => isLibrary(id) || isShared(id) }],
        },
      },
    },
  },
  server: {
    proxy: Object.fromEntries(
      ['/api', '/docs', '/openapi.json'].map((path) => [path, 'http://localhost:8000']),
    ),
  },
});
