import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';

/** A part of an archive; with `linkname` a symbolic link. */
interface CraftedPart {
  readonly name: string;
  readonly bytes: Buffer;
  readonly linkname?: string;
}

/** What becomes of a part: other bytes, another name or kind as well, or nothing. */
type Edit = (name: string, bytes: Buffer) => Buffer | CraftedPart | null;

/** An archive of these parts. */
export function craft(
  parts: readonly (readonly [name: string, content: string | Buffer])[],
): Promise<Buffer> {
  return packed(parts.map(([name, content]) => ({ name, bytes: Buffer.from(content) })));
}

async function packed(parts: readonly CraftedPart[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, bytes, linkname } of parts) {
    if (linkname === undefined) tar.entry({ name }, bytes);
    else tar.entry({ name, linkname, type: 'symlink' });
  }
  tar.finalize();
  return gzipSync(await buffer(tar));
}

/** The same archive with other parts. */
export async function edited(archive: Buffer, edit: Edit): Promise<Buffer> {
  const parts: CraftedPart[] = [];
  const tar = extract();
  Readable.from([gunzipSync(archive)]).pipe(tar);
  for await (const entry of tar) {
    const { name } = entry.header;
    const bytes = await buffer(entry as AsyncIterable<Buffer>);
    const changed = edit(name, bytes);
    if (changed === null) continue;
    parts.push(Buffer.isBuffer(changed) ? { name, bytes: changed } : changed);
  }
  return packed(parts);
}
