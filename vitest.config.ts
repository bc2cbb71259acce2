import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/**
 * `unit` stands beside the source; `integration` runs the core against the emulator in the process; `e2e` runs the built program;
 * `browser` signs in with a real one; `package` looks at what would be published. No test sees a real home folder: test/setup-home.ts.
 */
const project = (name: string, include: string[], globalSetup: string[] = []): object => ({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source", "node", "import", "default"] } },
  test: { name, include, globalSetup, setupFiles: ["test/setup-home.ts"], testTimeout: 60_000, hookTimeout: 60_000 },
});

/** Builds when the build is missing or older than a source. */
const build = "test/e2e/support/build.ts";

export default defineConfig({
  test: {
    // Most tests wait for processes: on a machine of two cores a single worker, vitest's choice there, leaves half of it idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      project("unit", ["packages/*/src/**/*.test.ts"]),
      project("integration", ["test/integration/**/*.test.ts"], [build]),
      project("e2e", ["test/e2e/**/*.test.ts"], [build]),
      project("browser", ["test/browser/**/*.test.ts"], [build]),
      project("architecture", ["test/architecture/**/*.test.ts"]),
      project("package", ["test/package/**/*.test.ts"], [build]),
    ],
  },
});
