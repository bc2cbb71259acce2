import type { DatabaseSync, StatementSync } from "node:sqlite";

/** SQLite's result codes, without the finer part. */
const codes = {
  error: 1,
  busy: 5,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  constraint: 19,
  notADatabase: 26,
};

/** Node's own SQLite, loaded when it is needed. */
export function loadSqlite(): typeof DatabaseSync {
  return quietly(() => process.getBuiltinModule("node:sqlite")).DatabaseSync;
}

/** A row of the index that limn never wrote so. */
export class DamagedRow extends Error {}

/** By SQLite's codes. Every statement is fixed, so one that is wrong, or breaks a constraint, met tables that are. */
const damage: ReadonlySet<number | null> = new Set([codes.corrupt, codes.notADatabase, codes.error, codes.constraint]);

/** A lock that is held for so long is one of a program that hangs. */
const obstacles: ReadonlySet<number | null> = new Set([
  codes.readOnly,
  codes.io,
  codes.full,
  codes.cannotOpen,
  codes.busy,
]);

/** The file is none of SQLite's, or damaged. */
export function isDamaged(error: unknown): boolean {
  return error instanceof DamagedRow || damage.has(resultCode(error));
}

/** It cannot be opened or written here: a read-only or full disk, missing rights, somebody who never lets go of it. */
export function isUnwritable(error: unknown): boolean {
  return obstacles.has(resultCode(error));
}

function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return null;
  return error.errcode & 0xff;
}

/** Node 22 calls its SQLite experimental on stderr; that is nothing for a user of limn. Every other warning is told. */
function quietly<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: readonly unknown[]): void => {
    if (String(warning).includes("SQLite is an experimental feature")) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

export type Value = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

/** A connection whose statements are prepared once. */
export class Connection {
  readonly #database: DatabaseSync;
  readonly #statements: Map<string, StatementSync> = new Map();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  run(sql: string, ...values: readonly Value[]): number {
    return Number(this.#prepare(sql).run(...values).changes);
  }

  /** The new row's key. */
  insert(sql: string, ...values: readonly Value[]): number {
    return Number(this.#prepare(sql).run(...values).lastInsertRowid);
  }

  all(sql: string, ...values: readonly Value[]): readonly Row[] {
    return this.#prepare(sql).all(...values);
  }

  one(sql: string, ...values: readonly Value[]): Row | null {
    return this.#prepare(sql).get(...values) ?? null;
  }

  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** All of it or nothing, with the file to itself. */
  write<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      // After some failures SQLite has rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Several questions about one state. */
  read<T>(work: () => T): T {
    this.#database.exec("BEGIN");
    try {
      return work();
    } finally {
      if (this.#database.isTransaction) this.#database.exec("COMMIT");
    }
  }

  /** Does nothing to one that is closed. */
  close(): void {
    this.#statements.clear();
    if (this.#database.isOpen) this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

export function textAt(row: Row | null, name: string): string {
  const value = row?.[name];
  return typeof value === "string" ? value : "";
}

export function numberAt(row: Row | null, name: string): number {
  const value = row?.[name];
  return typeof value === "number" ? value : 0;
}
