/**
 * The least that a first page of the history takes: open the index, ask one question that an index of it answers, print twenty lines.
 * `node history-by-hand.cjs INDEX`
 */
const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
const { writeSync } = process.getBuiltinModule("node:fs");

const database = new DatabaseSync(process.argv[2] ?? "");
const rows = database
  .prepare(
    `SELECT content FROM entries JOIN contents USING (key) WHERE trashed = 0 AND emulated = 0 ORDER BY id DESC LIMIT 20`,
  )
  .all();
const lines = rows.map(({ content }) => {
  const { id, createdAt, status, prompt } = JSON.parse(String(content));
  return `${id}  ${createdAt}  ${status}  ${prompt}\n`;
});
writeSync(1, lines.join(""));
database.close();
