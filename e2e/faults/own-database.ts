import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { type Connection, createConnection } from "mysql2/promise";
import { Daemon, run, tryRun } from "./daemon";

const client = "mariadb";
const diskMb = 384;
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
        `--datadir=${at.root}/mariadb/data`,
        `--socket=${at.sockets}/mariadb.sock`,
        `--pid-file=${at.root}/mariadb/data/pid`,
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

  /** On a disk of its own, so that it can be filled. */
  install(): void {
    const disk = `${this.at.root}/mariadb`;
    const data = `${disk}/data`;
    mkdirSync(disk, { recursive: true });
    run("truncate", "-s", `${diskMb}M`, `${disk}.img`);
    run("mkfs.ext4", "-q", "-F", "-m", "0", `${disk}.img`);
    run("mount", "-o", "loop", `${disk}.img`, disk);
    mkdirSync(data);
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

  /** Nothing that needs more room can be written any more. */
  fill(): void {
    tryRun("dd", "if=/dev/zero", `of=${this.at.root}/mariadb/filler`, "bs=64k");
    tryRun("dd", "if=/dev/zero", `of=${this.at.root}/mariadb/filler.2`, "bs=1k");
  }

  free(): void {
    run("rm", "-f", `${this.at.root}/mariadb/filler`, `${this.at.root}/mariadb/filler.2`);
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
