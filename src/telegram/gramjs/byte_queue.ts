/** Bytes in the order they came, copied once at most: when they are taken. */
export class ByteQueue {
  #chunks: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `count` bytes. Throws RangeError where there are not as many. */
  take(count: number): Buffer {
    if (count > this.#length) throw new RangeError(`${this.#length} bytes, not ${count}`);
    const first = this.#chunks[0];
    this.#length -= count;
    if (first !== undefined && first.length > count) {
      this.#chunks[0] = first.subarray(count);
      return first.subarray(0, count);
    }
    return this.#gather(count);
  }

  #gather(count: number): Buffer {
    const parts: Buffer[] = [];
    let missing = count;
    let used = 0;
    for (const chunk of this.#chunks) {
      if (missing === 0) break;
      const part = chunk.subarray(0, missing);
      parts.push(part);
      missing -= part.length;
      if (part.length < chunk.length) this.#chunks[used] = chunk.subarray(part.length);
      else used += 1;
    }
    this.#chunks = this.#chunks.slice(used);
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, count);
  }
}
