/** `640 B`, `12 KiB`, `3.4 MiB`. */
export function formatBytes(bytes: number, language: string): string {
  const power = bytes < 1024 ? 0 : bytes < 1024 * 1024 ? 1 : 2;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: power === 2 ? 1 : 0 });
  return `${number.format(bytes / 1024 ** power)} ${["B", "KiB", "MiB"][power]}`;
}
