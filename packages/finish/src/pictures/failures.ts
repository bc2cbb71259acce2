import { LimnError } from "@limn/core";
import { basename } from "node:path";

/** Where a picture came from: from the service, or from the user. It decides the error codes and the limits. */
export type Role = "result" | "input";

export function undecodable(role: Role, path: string, cause: unknown): LimnError {
  const name = basename(path);
  return role === "input"
    ? new LimnError("input_not_an_image", {
        message: `${name} cannot be decoded as a picture.`,
        hint: "Give a PNG, JPEG, WebP, GIF, AVIF, TIFF or SVG file that a viewer can open; convert others (such as HEIC) first.",
        cause,
      })
    : new LimnError("image_corrupt", {
        message: `${name} cannot be decoded: its data is damaged or not an image.`,
        hint: "The file as it came is kept in the history; ask again for another picture.",
        cause,
      });
}

/** The file could not be read at all. */
export function unreadable(role: Role, path: string, cause: unknown): LimnError {
  const name = basename(path);
  return role === "input"
    ? new LimnError("input_not_found", {
        message: `${name} cannot be read (${errno(cause)}).`,
        hint: "Check the path and its permissions.",
        cause,
      })
    : new LimnError("artifact_not_found", {
        message: `The picture ${name} cannot be read (${errno(cause)}).`,
        hint: "See what is kept with: limn history",
        cause,
      });
}

export function unwritable(target: string, cause: unknown): LimnError {
  return new LimnError("artifact_write_failed", {
    message: `${basename(target)} could not be written (${errno(cause)}).`,
    hint: "Check the folder's permissions and the space that is left on its disk.",
    cause,
  });
}

/** The picture is there, but the asked file type cannot hold it. */
export function unencodable(source: string, format: string, cause: unknown): LimnError {
  return new LimnError("image_corrupt", {
    message: `${basename(source)} could not be decoded whole or not be written as ${format}.`,
    hint: "The file as it came is kept in the history; try --format png.",
    cause,
  });
}

function errno(cause: unknown): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "unknown reason";
}
