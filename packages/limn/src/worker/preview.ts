type Sharp = (typeof import("sharp"))["default"];

/** Longest side in pixels: what models look at, and about 1400 tokens. */
const longestSide = 1024;
const maxBytes = 350_000;
const gap = 8;
/** Of the checkerboard behind transparent parts, in pixels. */
const square = 16;

/** One small JPEG of one picture, or of several as a contact sheet. Null when none of them can be decoded. */
export async function makePreview(paths: readonly string[]): Promise<Buffer | null> {
  const { default: sharp } = await import("sharp");
  sharp.cache(false);
  const columns = Math.ceil(Math.sqrt(paths.length));
  const cell = Math.floor((longestSide - gap * (columns - 1)) / columns);
  const tiles: Tile[] = [];
  for (const path of paths) {
    const tile = await tileOf(sharp, path, cell);
    if (tile !== null) tiles.push(tile);
  }
  const [first] = tiles;
  if (first === undefined) return null;
  const sheet = paths.length === 1 ? first : await contactSheet(sharp, tiles, columns, cell);
  return encode(sharp, sheet);
}

interface Tile {
  /** Three channels, eight bits. */
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

async function tileOf(sharp: Sharp, path: string, side: number): Promise<Tile | null> {
  try {
    const { data, info } = await sharp(path)
      .autoOrient()
      .resize(side, side, { fit: "inside", withoutEnlargement: true })
      .toColourspace("srgb")
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    return { data: onCheckerboard(data, info.width, info.height), width: info.width, height: info.height };
  } catch {
    return null;
  }
}

/** RGBA to RGB; transparent parts show the board that means "nothing here". */
function onCheckerboard(pixels: Buffer, width: number, height: number): Buffer {
  const flat = Buffer.allocUnsafe(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 4;
      const to = (y * width + x) * 3;
      const alpha = pixels[from + 3] ?? 255;
      const board = ((x / square) & 1) === ((y / square) & 1) ? 255 : 204;
      for (let channel = 0; channel < 3; channel += 1)
        flat[to + channel] = ((pixels[from + channel] ?? 0) * alpha + board * (255 - alpha) + 127) / 255;
    }
  }
  return flat;
}

async function contactSheet(sharp: Sharp, tiles: readonly Tile[], columns: number, cell: number): Promise<Tile> {
  const rows = Math.ceil(tiles.length / columns);
  const width = columns * cell + (columns - 1) * gap;
  const height = rows * cell + (rows - 1) * gap;
  const { data } = await sharp({ create: { width, height, channels: 3, background: "#808080" } })
    .composite(
      tiles.map((tile, place) => ({
        input: tile.data,
        raw: { width: tile.width, height: tile.height, channels: 3 as const },
        left: (place % columns) * (cell + gap) + Math.floor((cell - tile.width) / 2),
        top: Math.floor(place / columns) * (cell + gap) + Math.floor((cell - tile.height) / 2),
      })),
    )
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width, height };
}

async function encode(sharp: Sharp, { data, width, height }: Tile): Promise<Buffer> {
  for (let side = longestSide; ; side = Math.floor(side * 0.7)) {
    for (const quality of [85, 70, 50]) {
      const jpeg = await sharp(data, { raw: { width, height, channels: 3 } })
        .resize(side, side, { fit: "inside", withoutEnlargement: true })
        .jpeg({ quality })
        .toBuffer();
      if (jpeg.length <= maxBytes) return jpeg;
    }
  }
}
