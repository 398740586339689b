import type { ResolveHook } from 'node:module';

const FUNCTIONS = new URL('./jest_functions.js', import.meta.url).href;

/**
 * How Node finds modules where tests run against mutants: Jest's functions are those of `jest_functions`, and a module
 * that was loaded as `?fresh=…` loads those of the project anew, too.
 */
export const resolve: ResolveHook = async (specifier, context, next) => {
  if (specifier === '@jest/globals') return { url: FUNCTIONS, format: 'module', shortCircuit: true };
  const found = await next(specifier, context);
  const [fresh] = /\?fresh=\d+$/.exec(context.parentURL ?? '') ?? [];
  const isOurs = found.url.startsWith('file:') && !found.url.includes('/node_modules/');
  return fresh !== undefined && isOurs ? { ...found, url: `${found.url}${fresh}` } : found;
};
