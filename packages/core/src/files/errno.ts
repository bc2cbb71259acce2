/** The system's name of a failure, such as `ENOSPC`; null for anything else. */
export function errno(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}

/** What a user understands of a system failure. */
export function describeErrno(error: unknown): string {
  switch (errno(error)) {
    case "ENOSPC":
      return "the disk is full";
    case "EDQUOT":
      return "the disk quota is used up";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EROFS":
      return "the file system is read-only";
    case "ENOENT":
      return "the folder does not exist";
    case "ENOTDIR":
      return "a part of the path is not a folder";
    case "EFBIG":
      return "the file would be too large";
    case "ENAMETOOLONG":
      return "the name is too long";
    default:
      return errno(error) ?? "an unknown failure";
  }
}
