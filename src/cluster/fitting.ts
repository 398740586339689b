/**
 * The first of these that fit into this many bytes of a message between replicas, which are small. They are sent as
 * JSON in ASCII: any other letter takes six bytes.
 */
export function fitting<Item>(items: readonly Item[], bytes: number): Item[] {
  let room = bytes;
  const end = items.findIndex((item) => {
    room -= asciiLength(JSON.stringify(item)) + 1;
    return room < 0;
  });
  return items.slice(0, end === -1 ? items.length : end);
}

function asciiLength(json: string): number {
  return json.length + 5 * (json.match(/[\u0080-\uffff]/g)?.length ?? 0);
}
