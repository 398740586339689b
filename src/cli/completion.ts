import { type Argument, Command, type Option } from 'commander';

/** A command as it is completed. */
interface Node {
  /** The words after `telegate`, each with a space before it. */
  readonly path: string;
  readonly children: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly Completed[];
  /** Whether its arguments are files. */
  readonly files: boolean;
}

interface Completed {
  /** Such as `--wait`, `-y`. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly takes: 'nothing' | 'text' | 'file' | readonly string[];
}

/** `telegate completion`: prints what a shell reads to complete commands. */
export function completionCommand(): Command {
  const command = new Command('completion').description('print the completion of commands for a shell');
  for (const [shell, { script, use }] of Object.entries(SHELLS)) {
    command
      .command(shell)
      .description(`for ${shell}: ${use}`)
      .action(() => {
        const nodes = nodesOf(rootOf(command), '');
        process.stdout.write(script(nodes));
      });
  }
  return command;
}

function rootOf(command: Command): Command {
  return command.parent ? rootOf(command.parent) : command;
}

/** The command and all below it. */
function nodesOf(command: Command, path: string): Node[] {
  const { commands } = command;
  const node = {
    path,
    children: commands.map((child) => ({ name: child.name(), description: child.description() })),
    options: [...command.options.map(completed), HELP],
    files: command.registeredArguments.some(isFile),
  };
  return [node, ...commands.flatMap((child) => nodesOf(child, `${path} ${child.name()}`))];
}

const HELP: Completed = { flags: ['-h', '--help'], description: 'show what it takes', takes: 'nothing' };

function completed({ short, long, description, flags, argChoices, required, optional }: Option): Completed {
  const text = /<files?>/.test(flags) ? 'file' : 'text';
  return {
    flags: [short, long].filter((flag) => flag !== undefined && flag !== null),
    description,
    takes: required || optional ? (argChoices ?? text) : 'nothing',
  };
}

function isFile(argument: Argument): boolean {
  return /^files?$/.test(argument.name());
}

/** The shells, with what prints their script, and what a user does with it. */
const SHELLS = {
  bash: { script: bash, use: 'source <(telegate completion bash)' },
  zsh: { script: zsh, use: 'source <(telegate completion zsh), after compinit' },
  fish: { script: fish, use: 'telegate completion fish | source' },
} as const;

/** Text that a shell takes as it is. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The patterns of a `case`; null: none. */
function patterns(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.map(quoted).join('|');
}

function pathPatterns(nodes: readonly Node[]): string {
  return patterns(nodes.flatMap(({ path }) => (path === '' ? [] : [path]))) ?? "''";
}

/** The options that take a value, as `PATH --option`, by what completes the value. */
function valued(nodes: readonly Node[]): { readonly before: string; readonly takes: Completed['takes'] }[] {
  return nodes.flatMap(({ path, options }) =>
    options.flatMap(({ flags, takes }) =>
      takes === 'nothing'
        ? []
        : [{ before: patterns(flags.map((flag) => `${path} ${flag}`)) ?? "''", takes }],
    ),
  );
}

function bash(nodes: readonly Node[]): string {
  const value = (takes: Completed['takes']) => {
    if (takes === 'file') return 'files=1';
    return typeof takes === 'string' ? 'return' : `words=${quoted(takes.join(' '))}`;
  };
  return `_telegate() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' files='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in ${pathPatterns(nodes)}) path="$path \${COMP_WORDS[i]}" ;; esac
  done
  case "$path $prev" in
${valued(nodes)
  .map(({ before, takes }) => `    ${before}) ${value(takes)} ;;`)
  .join('\n')}
    *) case "$path" in
${nodes
  .map(({ path, children, options, files }) => {
    const words = [...children.map(({ name }) => name), ...options.flatMap(({ flags }) => flags)];
    return `      ${quoted(path)}) words=${quoted(words.join(' '))}${files ? ' files=1' : ''} ;;`;
  })
  .join('\n')}
    esac ;;
  esac
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ $files && $cur != -* ]]; then
    IFS=$'\\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -F _telegate telegate
`;
}

function zsh(nodes: readonly Node[]): string {
  const described = (name: string, description: string) =>
    quoted(`${name.replaceAll(':', '\\:')}:${description.replaceAll(':', '\\:')}`);
  const value = (takes: Completed['takes']) => {
    if (takes === 'file') return '_files';
    return typeof takes === 'string' ? '_message value' : `compadd -- ${takes.map(quoted).join(' ')}`;
  };
  return `#compdef telegate
_telegate() {
  local at='' i
  local -a described
  for ((i = 2; i < CURRENT; i++)); do
    case "$at $words[i]" in ${pathPatterns(nodes)}) at="$at $words[i]" ;; esac
  done
  case "$at $words[CURRENT-1]" in
${valued(nodes)
  .map(({ before, takes }) => `    ${before}) ${value(takes)}; return ;;`)
  .join('\n')}
  esac
  case "$at" in
${nodes
  .map(({ path, children, options, files }) => {
    const words = [
      ...children.map(({ name, description }) => described(name, description)),
      ...options.flatMap(({ flags, description }) => flags.map((flag) => described(flag, description))),
    ];
    const list = `described=(${words.join(' ')})`;
    return `    ${quoted(path)}) ${list}${files ? '; [[ $PREFIX == -* ]] || _files' : ''} ;;`;
  })
  .join('\n')}
  esac
  _describe telegate described
}
if [ "$funcstack[1]" = _telegate ]; then _telegate "$@"; else compdef _telegate telegate; fi
`;
}

function fish(nodes: readonly Node[]): string {
  const text = (given: string) => `'${given.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const at = (path: string) => `complete -c telegate -n ${text(`__telegate_at ${text(path)}`)}`;
  const option = ({ flags, description, takes }: Completed) => {
    const names = flags.map((flag) =>
      flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
    );
    const choices = typeof takes === 'string' ? '' : ` -a ${text(takes.join(' '))}`;
    const value = takes === 'nothing' ? '' : takes === 'file' ? ' -r -F' : ` -x${choices}`;
    return `${names.join(' ')}${value} -d ${text(description)}`;
  };
  const lines = nodes.flatMap(({ path, children, options, files }) => [
    ...children.map(({ name, description }) => `${at(path)} -a ${name} -d ${text(description)}`),
    ...options.map((one) => `${at(path)} ${option(one)}`),
    ...(files ? [`${at(path)} -F`] : []),
  ]);
  const paths = nodes.flatMap(({ path }) => (path === '' ? [] : [text(path)]));
  return `function __telegate_at
  set -l words (commandline -opc)
  set -e words[1]
  set -l path ''
  for word in $words
    switch "$path $word"
      case ${paths.join(' ')}
        set path "$path $word"
    end
  end
  test "$path" = "$argv[1]"
end
complete -c telegate -f
${lines.join('\n')}
`;
}
