/** One instruction of a Dockerfile, such as `COPY` with `src ./src`, and the number of its build stage. */
export interface Instruction {
  readonly stage: number;
  readonly name: string;
  readonly rest: string;
}

/** The instructions of a Dockerfile in order; comments are left out, continued lines joined. */
export function parseDockerfile(text: string): Instruction[] {
  const lines = text.split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  const joined = lines.join('\n').replace(/\\\n\s*/g, ' ');
  let stage = -1;
  return joined.split('\n').map((line) => {
    const [, name = '', rest = ''] = /^([A-Za-z]+)\s+(.*)$/.exec(line.trim()) ?? [];
    if (name === 'FROM') stage += 1;
    return { stage, name, rest };
  });
}

/** What a `COPY` takes from where: `from` is the name of a stage, or null for the repository. */
export function parseCopy(rest: string): { from: string | null; sources: string[]; target: string } {
  const words = rest.split(/\s+/);
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length) ?? null;
  const paths = words.filter((word) => !word.startsWith('--'));
  return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}
