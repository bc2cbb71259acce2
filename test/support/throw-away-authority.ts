import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** A server certificate and the authority that issued it; made for one test run. */
export interface Certificates {
  readonly authority: string;
  readonly key: string;
  readonly certificate: string;
}

export function hasOpenssl(): boolean {
  return spawnSync("openssl", ["version"], { stdio: "ignore" }).status === 0;
}

/** Make an authority and a certificate for `backend.example.test` and 127.0.0.1 with the `openssl` program. */
export function makeCertificates(folder: string): Certificates {
  const path = (name: string): string => join(folder, name);
  const openssl = (...parameters: readonly string[]): void => {
    execFileSync("openssl", parameters, { stdio: "ignore" });
  };
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...newKey, "-keyout", path("ca.key"), "-out", path("ca.pem"), "-subj", "/CN=limn test CA");
  const names = [
    "-subj",
    "/CN=backend.example.test",
    "-addext",
    "subjectAltName=DNS:backend.example.test,IP:127.0.0.1",
  ];
  const issuer = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-addext", "basicConstraints=CA:FALSE"];
  openssl("req", "-x509", ...newKey, "-keyout", path("server.key"), "-out", path("server.pem"), ...names, ...issuer);
  const read = (name: string): string => readFileSync(path(name), "utf8");
  return { authority: read("ca.pem"), key: read("server.key"), certificate: read("server.pem") };
}
