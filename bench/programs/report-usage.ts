/**
 * Loaded before each measured program, the same for all: when the process ends, it writes its own costs to descriptor 3.
 *
 * The peak comes from /proc where there is one. The figure of getrusage survives exec on Linux, so that a child would be
 * charged with the size of the process that started it.
 */
const { readFileSync, writeSync } = process.getBuiltinModule("node:fs");

process.on("exit", () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakKiB: peakKiB() ?? maxRSS }));
});

function peakKiB(): number | null {
  try {
    const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "latin1"));
    return match === null ? null : Number(match[1]);
  } catch {
    return null;
  }
}
