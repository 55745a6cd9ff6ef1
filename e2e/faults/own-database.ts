import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { type Connection, createConnection } from "mysql2/promise";
import { Daemon, run } from "./daemon";

const client = "mariadb";
const password = "faults-of-no-lab";

/** A MariaDB of the suite's own, which it may kill. */
export class OwnDatabase extends Daemon {
  constructor(private readonly at: { root: string; sockets: string; port: number }) {
    super(
      `${at.root}/mariadb.log`,
      () => [
        "mariadbd",
        "--no-defaults",
        "--user=mysql",
        `--datadir=${at.root}/mariadb`,
        `--socket=${at.sockets}/mariadb.sock`,
        `--pid-file=${at.root}/mariadb/pid`,
        "--bind-address=127.0.0.1",
        `--port=${at.port}`,
        "--skip-name-resolve",
        "--default-time-zone=+00:00",
        "--character-set-server=utf8mb4",
        "--collation-server=utf8mb4_unicode_ci",
        "--max-connections=300",
        "--innodb-buffer-pool-size=64M",
        "--innodb-log-file-size=24M",
        "--skip-log-bin",
      ],
      () => this.pings(),
    );
  }

  get url(): string {
    return `mysql://labyard:${password}@127.0.0.1:${this.at.port}/labyard`;
  }

  install(): void {
    const data = `${this.at.root}/mariadb`;
    if (existsSync(`${data}/mysql`)) return;
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { recursive: true });
    run("chown", "mysql:mysql", data);
    run(
      "mariadb-install-db",
      "--no-defaults",
      "--user=mysql",
      `--datadir=${data}`,
      "--skip-test-db",
      "--innodb-log-file-size=24M",
    );
  }

  private pings(): boolean {
    run("mariadb-admin", "--no-defaults", `--socket=${this.at.sockets}/mariadb.sock`, "ping");
    return true;
  }

  /** The user of the service, and one that may kill connections and lock tables. */
  grant(): void {
    const sql = `
      CREATE USER IF NOT EXISTS 'labyard'@'127.0.0.1' IDENTIFIED BY '${password}';
      GRANT ALL ON \`labyard\\_%\`.* TO 'labyard'@'127.0.0.1';
      CREATE USER IF NOT EXISTS 'boss'@'127.0.0.1' IDENTIFIED BY '${password}';
      GRANT ALL ON *.* TO 'boss'@'127.0.0.1' WITH GRANT OPTION;`;
    execFileSync(client, ["--no-defaults", `--socket=${this.at.sockets}/mariadb.sock`], { input: sql });
  }

  boss(database?: string): Promise<Connection> {
    return createConnection({ host: "127.0.0.1", port: this.at.port, user: "boss", password, database });
  }
}
