import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';

/** What becomes of a part: other bytes, another name as well, or nothing. */
type Edit = (
  name: string,
  bytes: Buffer,
) => Buffer | { readonly name: string; readonly bytes: Buffer } | null;

/** An archive of these parts. */
export async function craft(
  parts: readonly (readonly [name: string, content: string | Buffer])[],
): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of parts) tar.entry({ name }, Buffer.from(content));
  tar.finalize();
  return gzipSync(await buffer(tar));
}

/** The same archive with other parts. */
export async function edited(archive: Buffer, edit: Edit): Promise<Buffer> {
  const parts: [string, Buffer][] = [];
  const tar = extract();
  Readable.from([gunzipSync(archive)]).pipe(tar);
  for await (const entry of tar) {
    const { name } = entry.header;
    const bytes = await buffer(entry as AsyncIterable<Buffer>);
    const changed = edit(name, bytes);
    if (changed === null) continue;
    parts.push(Buffer.isBuffer(changed) ? [name, changed] : [changed.name, changed.bytes]);
  }
  return craft(parts);
}
