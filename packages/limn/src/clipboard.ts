import { execFile } from "node:child_process";
import { LimnError } from "@limn/core";

/** An input has at most 25 MiB; with `--shrink-inputs` more. */
const maxBytes = 200 * 1024 * 1024;
const patienceMs = 10_000;

interface Reader {
  readonly program: string;
  readonly parameters: readonly string[];
  /** The output is base64 text. */
  readonly isText?: boolean;
}

const macScript = 'try\nset picture to the clipboard as «class PNGf»\non error\nreturn ""\nend try\nreturn picture';
const windowsScript =
  "Add-Type -AssemblyName System.Windows.Forms; $i=[Windows.Forms.Clipboard]::GetImage(); if($i){$s=New-Object IO.MemoryStream; $i.Save($s,[Drawing.Imaging.ImageFormat]::Png); [Convert]::ToBase64String($s.ToArray())}";

/** Programs that hand over the clipboard's picture as PNG, by platform, the likelier one first. */
function readersFor(platform: NodeJS.Platform, variables: Readonly<Record<string, string | undefined>>): Reader[] {
  if (platform === "darwin")
    return [
      { program: "pngpaste", parameters: ["-"] },
      { program: "osascript", parameters: ["-e", macScript], isText: true },
    ];
  if (platform === "win32")
    return [{ program: "powershell", parameters: ["-NoProfile", "-Sta", "-Command", windowsScript], isText: true }];
  const wayland = { program: "wl-paste", parameters: ["--no-newline", "--type", "image/png"] };
  const x11 = { program: "xclip", parameters: ["-selection", "clipboard", "-target", "image/png", "-out"] };
  return (variables["WAYLAND_DISPLAY"] ?? "") === "" ? [x11, wayland] : [wayland, x11];
}

/**
 * The picture in the clipboard. @throws input_not_found when there is none, or nothing that can read it
 */
export async function readClipboard(variables: Readonly<Record<string, string | undefined>>): Promise<Uint8Array> {
  const readers = readersFor(process.platform, variables);
  let isAnyThere = false;
  for (const reader of readers) {
    const answer = await run(reader, variables);
    if (answer === "missing") continue;
    isAnyThere = true;
    if (answer.length > 0) return answer;
  }
  const names = readers.map(({ program }) => program).join(" or ");
  throw new LimnError("input_not_found", {
    message: isAnyThere
      ? "The clipboard holds no picture, or cannot be read from here."
      : `The clipboard cannot be read: ${names} is not installed.`,
    hint: isAnyThere ? "Copy a picture first, or give a file: -i FILE" : `Install ${names}, or give a file: -i FILE`,
    details: { programs: readers.map(({ program }) => program) },
  });
}

async function run(
  { program, parameters, isText }: Reader,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<Buffer | "missing"> {
  return new Promise((resolve) => {
    execFile(
      program,
      [...parameters],
      {
        encoding: "buffer",
        maxBuffer: maxBytes,
        timeout: patienceMs,
        env: { ...process.env, PATH: variables["PATH"] },
      },
      (error, stdout) => {
        if (error !== null && "code" in error && error.code === "ENOENT") resolve("missing");
        else if (error !== null) resolve(Buffer.alloc(0));
        else resolve(isText === true ? fromText(stdout.toString("latin1")) : stdout);
      },
    );
  });
}

/** AppleScript prints `«data PNGf89504E47…»`, PowerShell base64. */
function fromText(text: string): Buffer {
  const hex = /«?data PNGf([0-9A-Fa-f]+)/.exec(text)?.[1];
  return hex === undefined ? Buffer.from(text.trim(), "base64") : Buffer.from(hex, "hex");
}
