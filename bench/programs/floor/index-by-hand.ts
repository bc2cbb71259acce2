/**
 * The least that an index made anew takes: read, parse and insert one manifest after the other, in one transaction, without search.
 * `node index-by-hand.cjs GENERATIONS INDEX`
 */
const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
const { readFileSync, readdirSync, rmSync, writeSync } = process.getBuiltinModule("node:fs");

const [, , folder = "", path = ""] = process.argv;
rmSync(path, { force: true });
const database = new DatabaseSync(path);
database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
  CREATE TABLE entries (id TEXT PRIMARY KEY, created TEXT, status TEXT, engine TEXT, model TEXT, prompt TEXT, folder TEXT, content TEXT);
  CREATE INDEX by_created ON entries (created); BEGIN`);
const insert = database.prepare("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
let count = 0;
for (const id of readdirSync(folder)) {
  const {
    createdAt,
    state,
    engine,
    model,
    prompt,
    folder: made,
    images,
  } = JSON.parse(readFileSync(`${folder}/${id}/manifest.json`, "utf8"));
  insert.run(
    id,
    createdAt,
    state,
    engine,
    model,
    prompt,
    made,
    JSON.stringify({ id, createdAt, state, prompt, images }),
  );
  count += 1;
}
database.exec("COMMIT");
database.close();
writeSync(1, `${count}\n`);
