#!/usr/bin/env node
// The committed entry: says plainly which Node it needs, answers --version at once, and loads the build for everything else.
// Kept in syntax that old versions of Node can parse, and without imports, which would load more of Node than --version needs.
const needed = [22, 19];
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    `limn needs Node ${needed.join(".")} or newer; this is ${process.versions.node}.\nInstall it from https://nodejs.org, or run limn with another node: /path/to/node ${process.argv[1]}\n`,
  );
  process.exitCode = 1;
} else {
  const require = process.getBuiltinModule("node:module").createRequire(import.meta.url);
  if (process.argv.length === 3 && (process.argv[2] === "--version" || process.argv[2] === "-V")) {
    // Not process.stdout, which loads streams first. For so few bytes even a pipe has room.
    process.getBuiltinModule("node:fs").writeSync(1, `${require("../package.json").version}\n`);
  } else if (process.getBuiltinModule("node:fs").existsSync(new URL("../dist/main.cjs", import.meta.url))) {
    const program = process.argv[2] === "history" ? "history" : "main";
    await require(`../dist/${program}.cjs`).main(process.argv.slice(2));
  } else {
    process.stderr.write("limn is not built yet. In its folder, run: npm run build\n");
    process.exitCode = 1;
  }
}
