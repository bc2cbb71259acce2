const v4Denied: readonly (readonly [network: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // The host side of every virtual machine of one large provider, although the address looks public.
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  // Multicast, reserved, broadcast.
  ["224.0.0.0", 3],
];

/**
 * Whether an IP address is one of the public internet. Everything else is not fetched from: this machine, private networks, link-local
 * (where clouds keep their keys), carrier NAT, multicast, documentation. Addresses that carry an IPv4 address count as that one.
 */
export function isPublicAddress(address: string): boolean {
  const v4 = parseV4(address);
  if (v4 !== null) return isPublicV4(v4);
  const groups = parseV6(address);
  return groups !== null && isPublicV6(groups);
}

function isPublicV4(address: number): boolean {
  return !v4Denied.some(([network, bits]) => (address ^ (parseV4(network) ?? 0)) >>> (32 - bits) === 0);
}

function isPublicV6(groups: readonly number[]): boolean {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const last = ((g << 16) | h) >>> 0;
  const noMiddle = c === 0 && d === 0 && e === 0;
  // IPv4-mapped, and NAT64, behind which networks without IPv4 reach it.
  if (a === 0 && b === 0 && noMiddle && f === 0xffff) return isPublicV4(last);
  if (a === 0x64 && b === 0xff9b && noMiddle && f === 0) return isPublicV4(last);
  // 6to4
  if (a === 0x2002) return isPublicV4(((b << 16) | c) >>> 0);
  // Only this eighth is given out for the internet; ULA, link-local, multicast, loopback and the rest are outside.
  if (a >>> 13 !== 1) return false;
  // Teredo, benchmarking, ORCHID; then documentation.
  const isSpecial = a === 0x2001 && b < 0x0200;
  const isDocumentation = (a === 0x2001 && b === 0x0db8) || (a === 0x3fff && b >>> 12 === 0);
  return !isSpecial && !isDocumentation;
}

function parseV4(address: string): number | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (match === null) return null;
  const parts = match.slice(1).map(Number);
  return parts.every((part) => part <= 255) ? parts.reduce((sum, part) => sum * 256 + part, 0) : null;
}

/** Eight numbers; null when it is none. An address with a zone (`%eth0`) is link-local, so none that could be public. */
function parseV6(address: string): readonly number[] | null {
  const halves = address.split("::");
  if (halves.length > 2 || !/^[\da-f:.]+$/i.test(address)) return null;
  const [left, right] = halves.map(readGroups);
  if (left === undefined || left === null || right === null) return null;
  if (right === undefined) return left.length === 8 ? left : null;
  const missing = 8 - left.length - right.length;
  return missing < 1 ? null : [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

function readGroups(half: string): readonly number[] | null {
  if (half === "") return [];
  const groups: number[] = [];
  const parts = half.split(":");
  for (const [place, part] of parts.entries()) {
    const v4 = place === parts.length - 1 ? parseV4(part) : null;
    if (v4 !== null) groups.push(v4 >>> 16, v4 & 0xffff);
    else if (/^[\da-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}
