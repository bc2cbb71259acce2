import { readFile } from "node:fs/promises";
import type { Terminal } from "./terminal.ts";

type Sharp = (typeof import("sharp"))["default"];

type Variables = Readonly<Record<string, string | undefined>>;
export type PreviewMode = "auto" | "always" | "never";
type Protocol = "kitty" | "iterm" | "half-blocks";

/** How a terminal shows pictures, by what it says of itself; null when it cannot, or nobody can see it. */
export function pictureProtocol(variables: Variables): Protocol | null {
  const program = variables.TERM_PROGRAM ?? "";
  // Inside tmux and screen the escape sequences of the outer terminal do not get through.
  const isMultiplexed = (variables.TMUX ?? "") !== "" || /^(?:screen|tmux)/.test(variables.TERM ?? "");
  if (
    !isMultiplexed &&
    (variables.KITTY_WINDOW_ID !== undefined || variables.TERM === "xterm-kitty" || program === "ghostty")
  )
    return "kitty";
  if (!isMultiplexed && (program === "iTerm.app" || program === "WezTerm")) return "iterm";
  return /^(?:truecolor|24bit)$/.test(variables.COLORTERM ?? "") ? "half-blocks" : null;
}

/** Show a picture inline on stderr. A picture that cannot be shown is not an error: its path is printed anyway. */
export async function showPicture(
  terminal: Terminal,
  variables: Variables,
  path: string,
  mode: PreviewMode,
): Promise<void> {
  if (mode === "never" || (mode === "auto" && !terminal.isLive)) return;
  const protocol = pictureProtocol(variables) ?? (mode === "always" ? "half-blocks" : null);
  if (protocol === null) return;
  try {
    terminal.draw(await pictureText(protocol, path, terminal.columns));
  } catch {
    terminal.say("the picture cannot be shown here; its path is above");
  }
}

async function pictureText(protocol: Protocol, path: string, columns: number): Promise<string> {
  const { default: sharp } = await import("sharp");
  if (protocol === "half-blocks") return halfBlocks(sharp, path, Math.max(1, Math.min(60, columns - 2)));
  const small = await sharp(await readFile(path))
    .resize(640, 640, { fit: "inside", withoutEnlargement: true })
    .png()
    .toBuffer();
  return protocol === "kitty" ? kittySequence(small) : itermSequence(small);
}

/** Kitty graphics protocol: PNG data in pieces of at most 4096 characters. */
export function kittySequence(png: Uint8Array): string {
  const text = Buffer.from(png).toString("base64");
  let sequence = "";
  for (let offset = 0; offset < text.length; offset += 4096) {
    const isLast = offset + 4096 >= text.length;
    const control = offset === 0 ? `f=100,a=T,q=2,m=${isLast ? 0 : 1}` : `m=${isLast ? 0 : 1}`;
    sequence += `\x1b_G${control};${text.slice(offset, offset + 4096)}\x1b\\`;
  }
  return `${sequence}\n`;
}

/** iTerm2's inline image protocol. */
export function itermSequence(image: Uint8Array): string {
  return `\x1b]1337;File=inline=1;size=${image.length};preserveAspectRatio=1:${Buffer.from(image).toString("base64")}\x07\n`;
}

/** Two pixels a character: the upper half block in the upper pixel's colour on the lower one's. Transparent parts show a checkerboard. */
async function halfBlocks(sharp: Sharp, path: string, columns: number): Promise<string> {
  const { data, info } = await sharp(path)
    .resize({ width: columns })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const pixel = (x: number, y: number): string => {
    if (y >= info.height) return "0;0;0";
    const offset = (y * info.width + x) * 4;
    const alpha = (data[offset + 3] ?? 255) / 255;
    const board = (Math.floor(x / 2) + Math.floor(y / 2)) % 2 === 0 ? 200 : 150;
    return [0, 1, 2]
      .map((channel) => Math.round((data[offset + channel] ?? 0) * alpha + board * (1 - alpha)))
      .join(";");
  };
  let text = "";
  for (let y = 0; y < info.height; y += 2) {
    for (let x = 0; x < info.width; x += 1) text += `\x1b[38;2;${pixel(x, y)};48;2;${pixel(x, y + 1)}m▀`;
    text += "\x1b[0m\n";
  }
  return text;
}
