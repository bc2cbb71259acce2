/**
 * Loaded into every Node process of a run with NODE_OPTIONS=--import: writes where each connection goes, and with which variables each child
 * process starts, into the file CONNECTION_LOG.
 */
import { ChildProcess } from "node:child_process";
import { appendFileSync } from "node:fs";
import { Socket } from "node:net";

const log = (entry) => appendFileSync(process.env.CONNECTION_LOG, `${JSON.stringify(entry)}\n`);

const { connect } = Socket.prototype;
Socket.prototype.connect = function (...parameters) {
  const [first] = parameters.flat();
  const { host, port, path } = typeof first === "object" ? first : { port: first };
  log({ connection: path ?? `${host}:${port}` });
  return connect.apply(this, parameters);
};

const { spawn } = ChildProcess.prototype;
ChildProcess.prototype.spawn = function (options) {
  // A program may be started through a shell that watches over it.
  log({ child: [options.file, ...options.args].join(" "), variables: options.envPairs });
  return spawn.call(this, options);
};
