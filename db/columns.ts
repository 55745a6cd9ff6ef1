import { customType, datetime } from "drizzle-orm/mysql-core";

/** A row id (ULID). ascii_bin, because MySQL's default collation takes `A` for `a`; varchar, because MariaDB lets
 * no CHAR into a generated column (what it pads depends on sql_mode). */
export const id = customType<{ data: string }>({
  dataType: () => "varchar(26) character set ascii collate ascii_bin",
});

/** A short machine word: state, kind, hash, token name. */
export const word = customType<{ data: string; config: { length: number } }>({
  dataType: (config) => `varchar(${config?.length ?? 64}) character set ascii collate ascii_bin`,
});

/** A word out of a closed list. */
export const choice = <const T extends readonly [string, ...string[]]>(name: string, _values: T) =>
  customType<{ data: T[number] }>({ dataType: () => "varchar(24) character set ascii collate ascii_bin" })(
    name,
  );

/** UTC, milliseconds. */
export const instant = (name: string) => datetime(name, { mode: "date", fsp: 3 });
