/** Some local images as one stored (uncompressed) zip: they are compressed already. */
const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
/** Names are UTF-8. */
const FLAGS = 0x0800;
/** 1980-01-01, the earliest that a zip knows: the same images make the same file. */
const DAY = 0x0021;
const LOCAL_BYTES = 30;
const CENTRAL_BYTES = 46;
const END_BYTES = 22;

const CRCS = Uint32Array.from({ length: 256 }, (_, start) => {
  let value = start;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

export function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ (CRCS[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

interface Entry {
  name: Uint8Array<ArrayBuffer>;
  data: Uint8Array<ArrayBuffer>;
  crc: number;
  offset: number;
}

/** Both kinds of headers have these fields one after another. */
function common(view: DataView, at: number, { crc, data, name }: Entry): void {
  view.setUint16(at, FLAGS, true);
  view.setUint16(at + 6, DAY, true);
  view.setUint32(at + 8, crc, true);
  view.setUint32(at + 12, data.length, true);
  view.setUint32(at + 16, data.length, true);
  view.setUint16(at + 20, name.length, true);
}

function header(bytes: number, signature: number, fill: (view: DataView) => void): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(bytes);
  const view = new DataView(made.buffer);
  view.setUint32(0, signature, true);
  fill(view);
  return made;
}

function local(entry: Entry): Uint8Array<ArrayBuffer> {
  return header(LOCAL_BYTES, LOCAL, (view) => {
    view.setUint16(4, VERSION, true);
    common(view, 6, entry);
  });
}

function central(entry: Entry): Uint8Array<ArrayBuffer> {
  return header(CENTRAL_BYTES, CENTRAL, (view) => {
    view.setUint16(4, VERSION, true);
    view.setUint16(6, VERSION, true);
    common(view, 8, entry);
    view.setUint32(42, entry.offset, true);
  });
}

/** Two files of one name go under numbered folders. */
export function entryNames(names: readonly string[]): string[] {
  return names.map((name, at) => (names.filter((each) => each === name).length === 1 ? name : `${at + 1}/${name}`));
}

export async function zipped(files: readonly File[]): Promise<File> {
  const names = entryNames(files.map((each) => each.name));
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const entries: Entry[] = [];
  let offset = 0;
  for (const [at, file] of files.entries()) {
    const data = new Uint8Array(await file.arrayBuffer());
    const name = new Uint8Array(new TextEncoder().encode(names[at] ?? file.name));
    const entry = { name, data, crc: crc32(data), offset };
    entries.push(entry);
    parts.push(local(entry), name, data);
    offset += LOCAL_BYTES + name.length + data.length;
  }
  const list = entries.flatMap((entry) => [central(entry), entry.name]);
  const list_bytes = list.reduce((sum, each) => sum + each.length, 0);
  const end = header(END_BYTES, END, (view) => {
    view.setUint16(8, entries.length, true);
    view.setUint16(10, entries.length, true);
    view.setUint32(12, list_bytes, true);
    view.setUint32(16, offset, true);
  });
  return new File([...parts, ...list, end], "images.zip", { type: "application/zip" });
}
