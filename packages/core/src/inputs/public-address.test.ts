import * as fc from "fast-check";
import { isIPv6 } from "node:net";
import { describe, expect, test } from "vitest";
import { isPublicAddress } from "./public-address.ts";

describe("addresses that are fetched from", () => {
  test.each([
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.3.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2606:4700:4700::1111",
    "2001:4860:4860::8888",
    "2a00:1450:4001:810::200e",
    "::ffff:1.1.1.1",
    "64:ff9b::1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::1",
  ])("%s", (address) => expect(isPublicAddress(address)).toBe(true));
});

describe("addresses that are not", () => {
  test.each([
    ["unspecified", "0.0.0.0"],
    ["this network", "0.1.2.3"],
    ["private", "10.0.0.1"],
    ["carrier NAT", "100.64.0.1"],
    ["a cloud's metadata in it", "100.100.100.200"],
    ["loopback", "127.0.0.1"],
    ["loopback", "127.255.255.254"],
    ["a cloud's host side", "168.63.129.16"],
    ["link-local", "169.254.169.254"],
    ["private", "172.16.0.1"],
    ["private", "172.31.255.255"],
    ["protocol assignments", "192.0.0.192"],
    ["documentation", "192.0.2.1"],
    ["6to4 relay", "192.88.99.1"],
    ["private", "192.168.1.1"],
    ["benchmarking", "198.19.0.1"],
    ["documentation", "198.51.100.1"],
    ["documentation", "203.0.113.1"],
    ["multicast", "224.0.0.1"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["unspecified", "::"],
    ["loopback", "::1"],
    ["loopback in full", "0:0:0:0:0:0:0:1"],
    ["IPv4-compatible", "::1.1.1.1"],
    ["IPv4-mapped loopback", "::ffff:127.0.0.1"],
    ["IPv4-mapped loopback in hex", "::ffff:7f00:1"],
    ["IPv4-translated", "::ffff:0:7f00:1"],
    ["NAT64 of a private one", "64:ff9b::10.0.0.1"],
    ["NAT64 of metadata", "64:ff9b::a9fe:a9fe"],
    ["local NAT64", "64:ff9b:1::1.1.1.1"],
    ["discard", "100::1"],
    ["Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"],
    ["benchmarking", "2001:2::1"],
    ["ORCHID", "2001:20::1"],
    ["documentation", "2001:db8::1"],
    ["documentation", "3fff::1"],
    ["6to4 of a private one", "2002:a00:1::1"],
    ["6to4 of loopback", "2002:7f00:1::1"],
    ["segment routing", "5f00::1"],
    ["ULA", "fc00::1"],
    ["a cloud's metadata in it", "fd00:ec2::254"],
    ["link-local", "fe80::1"],
    ["link-local with a zone", "fe80::1%eth0"],
    ["a public one with a zone", "2606:4700::1%eth0"],
    ["site-local", "fec0::1"],
    ["multicast", "ff02::1"],
  ])("%s: %s", (_, address) => expect(isPublicAddress(address)).toBe(false));

  test.each([
    "",
    "example.com",
    "1.1.1",
    "1.1.1.1.1",
    "1.1.1.256",
    "0x1.1.1.1",
    "2606",
    ":::",
    "1::2::3",
    "2606:::1",
    "g::1",
  ])("no address at all: %j", (text) => expect(isPublicAddress(text)).toBe(false));
});

test("every spelling of an IPv6 address is judged alike", () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(
      fc.tuple(fc.constantFrom(0x2001, 0x2606, 0xfe80, 0, 0x64), group, group, group, group, group, group, group),
      (groups) => {
        const full = groups.map((value) => value.toString(16)).join(":");
        // As a URL writes it: the shortest form.
        const short = new URL(`http://[${full}]`).hostname.slice(1, -1);
        expect(isIPv6(short)).toBe(true);
        expect(isPublicAddress(short)).toBe(isPublicAddress(full));
      },
    ),
  );
});

test("any text has an answer", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...Array.from("0123456789abcdef:.%")) }),
      (text) => typeof isPublicAddress(text) === "boolean",
    ),
  );
});
