import type { Duplex, Readable } from "node:stream";
import type { CloudSpec, TemplateSpec } from "@/db/schema/templates";

/** What a driver needs to know of a host. */
export type HostRef = { id: string; endpoint: string };

/** What a driver needs to know of a home: ids and numbers only, never paths or names from outside. Homes always lie
 * on a Docker host, also those of students who work on an instance in a cloud. */
export type HomeRef = { id: string; host: HostRef; sizeMb: number; fence: number };

export type WorkspaceRef = {
  id: string;
  purpose: "attempt" | "trial" | "warm";
  host: HostRef;
  externalId: string | null;
};

export type WorkspaceSpec<T extends TemplateSpec = TemplateSpec> = WorkspaceRef & {
  /** Null for a warm one: it boots with an empty place where `attach` will show a home. */
  home: HomeRef | null;
  template: T;
  /** Read-only files for `~/materials`, out of the file store. */
  materials: readonly { name: string; sha256: string }[];
  /** Token that the service inside expects, and the one origin that may frame it. */
  secret: string;
  origin: string;
  /** Language of what runs inside, as the student chose it; the image's own without. */
  locale?: string;
};

/** `missing` is said only when the host answered and does not have it; a host that does not answer throws. */
export type Observed =
  | { state: "missing" }
  /** `falling`: it is on its way down, and cannot be woken yet. */
  | { state: "created" | "running" | "paused"; externalId: string; address: string | null; falling?: boolean }
  | { state: "exited"; externalId: string; exitCode: number; outOfMemory: boolean };

export type Stats = { cpuPercent: number; memoryBytes: number; memoryLimitBytes: number; processes: number };

export type HomeEntry = {
  /** Relative to the home, `/` between names. */
  path: string;
  kind: "file" | "directory";
  size: number;
  modifiedAt: string;
};

/** One directory, at most 5,000 of its entries; `space` is null while the home was never made. Bytes. */
export type HomeListing = {
  entries: HomeEntry[];
  space: { total: number; free: number } | null;
  /** There is more than is listed. */
  more: boolean;
};

/**
 * One step of a collection's stream: a file with its bytes, or a path that is left out and why. `content`
 * fails with `conflict fileChanged` when the file was written while it was read; unread bytes are passed over
 * when the next step is asked for. In every path of a home, what is no plain UTF-8 is written as `\xNN`.
 */
export type Collected =
  | { path: string; size: number; executable: boolean; content: Readable }
  | { path: string; size: number; skipped: string /** Files that this one row stands for. */; count: number };

/** What is taken of a home at most; globs as Pattern in homefiles.py reads them. An empty `include` is everything. */
export type CollectLimits = {
  fileBytes: number;
  totalBytes: number;
  files: number;
  include?: readonly string[];
  exclude?: readonly string[];
};

/**
 * One step of what an archive is made of. A file is sent as long as it was when its turn came; one that became
 * shorter meanwhile fails with `conflict fileChanged`.
 */
export type Packed =
  | { path: string; folder: true }
  | { path: string; size: number; executable: boolean; modifiedAt: string; content: Readable }
  | { path: string; skipped: string };

/** One act on what is in a home. Paths lead through no link; what is neither file nor directory is not there. */
export type HomeChange =
  | { act: "makeFolder"; path: string }
  | { act: "move"; path: string; to: string; onConflict: OnConflict | "refuse" }
  | { act: "remove"; path: string }
  /** Changes nothing: counts what a removal would take away, up to 100,000 of them. */
  | { act: "measure"; path: string };

/**
 * What became of it: where it is now, the counts of `measure`, or why not: `exists`, `not_found`, `in_the_way` (a
 * directory with something in it, or a link on the way), `into_itself`, `not_allowed`, `bad_path`, `disk_full`.
 */
export type Changed = { done: string } | HomeCount | { refused: string };
type HomeCount = { files: number; folders: number; bytes: number };

/** What lies where the student works and not in the home, and why; of `unsaved` ones only that copy is left. */
export type LeftOut = { path: string; why: string; unsaved: boolean };

/** A file that is to be written into a home; `content` gives exactly `size` bytes, and is read once in its turn. */
export type HomeFile = {
  path: string;
  size: number;
  executable: boolean;
  content: AsyncIterable<Uint8Array>;
};

/**
 * What became of one: where it is now, or why not: `disk_full`, `in_the_way` (a link or a file where a
 * directory should be, or the other way round), `not_allowed`, `bad_path`, `cut` (its content ended early).
 */
export type Written = { path: string; written: string } | { path: string; refused: string };

/** What happens to a file that has the name already; the same bytes there are left as they are. */
export type OnConflict = "replace" | "keepBoth";

/**
 * A line into the desktop of a workspace, for what its protocol cannot carry. Texts are exact in any script. What it
 * says comes from a student's container: bounded, but no more trusted than the picture is.
 */
export type Agent = {
  /** Puts the text into the clipboard and the selection for the middle button. At most 1 MiB of UTF-8. */
  setClipboard(text: string): Promise<void>;
  /** Tells of every text that comes into the clipboard inside, from now on; not of those that were set here. */
  onClipboard(told: (text: string) => void): void;
  /** Any size from 200×150 to 7680×4320. */
  resize(width: number, height: number): Promise<void>;
  /** Draws for a screen of so many dots an inch, 48 to 480; 96 is usual, 192 twice as large. */
  scale(dpi: number): Promise<void>;
  /** A note in the corner of the desktop; `urgent` ones stay until they are closed. */
  notify(title: string, body: string, urgent?: boolean): Promise<void>;
  close(): void;
  /** Resolves when the line has ended, whoever ended it: open another. */
  closed: Promise<void>;
};

/** What of a template says how its service is reached; of an instance also what runs on it, and as whom. */
export type Service = Pick<TemplateSpec, "protocol"> & Partial<Pick<CloudSpec, "os" | "user">>;

/** Where a desktop gateway answers. */
export type Guacd = { host: string; port: number };

/** What guacd is told to reach the desktop of a workspace. */
export type Desktop = {
  protocol: "vnc" | "rdp";
  host: string;
  port: number;
  parameters: Record<string, string>;
};

/** What is to run in a terminal; without `command` the image's shell, interactive. */
export type ShellWish = {
  command?: readonly string[];
  cols: number;
  rows: number;
  env?: Readonly<Record<string, string>>;
};

/** A program with a terminal of its own. It ends with its workspace, by itself, or by `end`; not with its stream. */
export type Shell = {
  /** What is typed goes in, what is printed comes out, both as bytes; while it is paused the program waits. */
  stream: Duplex;
  resize(cols: number, rows: number): Promise<void>;
  /** Exit code; null where nobody knows it any more. Rejects with `terminal.noShell` when nothing could run. */
  exited: Promise<number | null>;
  /** Name of the program that the shell waits for; null while it waits for a command. */
  foreground(): Promise<string | null>;
  /** Hangs up, as a window that is closed. */
  end(): Promise<void>;
};

export type HostFacts = {
  /** Stays the same as long as the engine keeps what it was told; another one, or an emptied one, has another. */
  engine: string;
  cpus: number;
  memoryMb: number;
  /** What homes may use in all: what is free on their disk, and what they occupy already. */
  diskMb: number;
  memoryFreeMb: number;
  diskFreeMb: number;
  load: number;
};

/**
 * What one kind of host can do. Every call is idempotent and named by our ids: repeated after a crash it
 * finds what the first one made. A host that does not answer is `AppError("unavailable", "hostUnreachable")`:
 * unknown is never gone. A missing image is `AppError("unavailable", "imageMissing")`.
 *
 * A workspace that was not asked to be destroyed is never removed by a driver on its own. `destroy` wins
 * over an `ensure` that still runs: the caller repeats it until `observe` says missing.
 */
export interface Driver {
  readonly kind: "docker" | "ecs";
  /** Networks, mount helper, store: what must be there before the first workspace. Cheap when it is. */
  prepareHost(host: HostRef): Promise<HostFacts>;
  /** The image is there and fit to use; returns which build it is. Throws `imageMissing` with its name otherwise. */
  checkImage(host: HostRef, image: string): Promise<string>;
  /** Makes the home if it is new, grows it if the template did, and mounts it on the workspace's slot. */
  mountHome(home: HomeRef, workspaceId: string): Promise<void>;
  /** Takes the home off the slot; fine if it is not there. */
  unmountHome(home: HomeRef, workspaceId: string): Promise<void>;
  /**
   * Puts an empty home in the place of this one, once for each fence: a repeat, however late, does nothing.
   * Refused while another workspace has it; killed at any point it leaves the old one whole, or the new one.
   */
  renewHome(home: HomeRef, workspaceId: string): Promise<void>;
  removeHome(home: HomeRef): Promise<void>;
  /**
   * Gives what runs the disk that its image has, in its place: its work has been fetched, its home is off. False: not
   * yet, ask again; `ensure` starts it afterwards. Anything that it throws but `unavailable` says: take another one.
   * Absent where a new one costs nothing.
   */
  renewDisk?(spec: Omit<WorkspaceSpec, "materials" | "home">): Promise<boolean>;
  /**
   * What of `ensure` needs no home yet, so that it can be done beside `mountHome`: nothing runs afterwards. Fine if it
   * was done, or is never done.
   */
  create(spec: WorkspaceSpec): Promise<void>;
  /** Creates and starts it, its home being mounted; returns its outside name and where its service will answer. */
  ensure(spec: WorkspaceSpec): Promise<{ externalId: string; address: string }>;
  observe(workspace: WorkspaceRef): Promise<Observed>;
  /** True when the service inside answers (Jupyter's `/api`), not before. */
  probe(address: string, template: Service, secret: string): Promise<boolean>;
  /**
   * Whether something computes inside though nobody acts: a busy kernel; of a desktop, programs that took a tenth of a
   * core over the last minutes, for which it must be asked more than once. Null when it does not say, or not yet.
   */
  busy(
    address: string,
    template: Pick<TemplateSpec, "protocol">,
    secret: string,
    workspace?: WorkspaceRef,
  ): Promise<boolean | null>;
  /**
   * Whether its first boot is over, so that it may be frozen: what sets an instance up may be torn by that. Asked of
   * what answers.
   */
  hasSettled(workspace: WorkspaceRef): Promise<boolean>;
  /** Freezes what runs: memory stays, no CPU is used, nothing answers. Fine if it is frozen. */
  pause(workspace: WorkspaceRef): Promise<void>;
  /** Thaws it, at the same address. Fine if it runs. */
  resume(workspace: WorkspaceRef): Promise<void>;
  /**
   * Gives a workspace that was booted without a home its home and materials, and thaws it: what `mountHome` and
   * `resume` do, and what `ensure` does about materials, in a fraction of a second. Nothing of the home is
   * touched by the service inside before somebody asks it to.
   */
  attach(workspace: WorkspaceRef, home: HomeRef, materials: WorkspaceSpec["materials"]): Promise<void>;
  /**
   * The gateway (guacd) that reaches the desktops of this host; made where it is missing, and made anew where it
   * is dead or silent, which ends what ran through it. Throws `imageMissing` without its image.
   */
  ensureGuacd(host: HostRef): Promise<Guacd>;
  /** The gateway through which this workspace's desktop is reached: its host's, or one of its own. */
  gateway(workspace: WorkspaceRef, home: HomeRef | null): Promise<Guacd>;
  /** The workspaces with a gateway of their own on this host, where homes are; `silent`: it is dead or does not answer. */
  gateways(host: HostRef, which: "all" | "silent"): Promise<string[]>;
  /** Takes a workspace's own gateway away, and its home off the slot; the home stays. Fine if they are gone. */
  removeGateway(host: HostRef, workspaceId: string): Promise<void>;
  /** How guacd reaches the desktop at this address; throws for what is no desktop. */
  desktop(address: string, template: Service, secret: string): Desktop;
  /** Opens a line into the desktop; throws `workspaceGone` where none runs. */
  agent(workspace: WorkspaceRef): Promise<Agent>;
  /** Opens a shell in what runs, as the student, in their home; `workspaceGone` where nothing runs or it is frozen. */
  exec(workspace: WorkspaceRef, wish: ShellWish): Promise<Shell>;
  /**
   * Brings home and materials to where the student works, once its service answers and before anybody is let in.
   * Nothing to do where the home itself is mounted there.
   */
  deliver(workspace: WorkspaceRef, home: HomeRef, materials: WorkspaceSpec["materials"]): Promise<void>;
  /**
   * Brings what the student made back into the home, before the workspace goes, and now and then meanwhile; says what
   * it left where it was. Nothing to do where the home itself is mounted, or where nothing is left to fetch from;
   * throws while it cannot be had. `resting`: it is about to be paused, and will be as it is now.
   */
  fetch(workspace: WorkspaceRef, home: HomeRef, how?: { resting?: boolean }): Promise<LeftOut[]>;
  /** Keeps what could not be fetched outside of the workspace, for people to see to; true once it may go. */
  preserve(workspace: WorkspaceRef): Promise<boolean>;
  /** Makes sure that nothing outside ends the workspace before then (null: no end known); done before it is promised. */
  extend(workspace: WorkspaceRef, until: Date | null): Promise<void>;
  stats(workspace: WorkspaceRef): Promise<Stats>;
  /** The last lines that it printed, for people who look for the cause of a failure. */
  logs(workspace: WorkspaceRef, lines: number): Promise<string>;
  /** Stops and removes it and its slot; the home stays. Fine if it is gone. */
  destroy(workspace: WorkspaceRef): Promise<void>;
  /** Everything on the host with our deploy label, whatever its state; what is frozen counts as running. */
  list(
    host: HostRef,
  ): Promise<{ workspaceId: string; externalId: string; running: boolean; frozen: boolean; image: string }[]>;
  /** Tells of each workspace whose container ends or goes, until the host falls silent or `stopped`. */
  watch(host: HostRef, onEnded: (workspaceId: string) => void, stopped: AbortSignal): Promise<void>;
  /** Ids of the homes mounted on the host now, with the workspace on whose slot they are. */
  mounts(host: HostRef): Promise<{ homeId: string; workspaceId: string }[]>;
  /** One directory of the home; in use or not. Links are not followed and not listed; a home never made is empty. */
  listFiles(home: HomeRef, mountedBy: string | null, path: string): Promise<HomeListing>;
  /**
   * One file of the home, or a part of it. A path through a link is `not_found`. `size` is that of the whole file;
   * `version` is another one after every change.
   */
  readFile(
    home: HomeRef,
    mountedBy: string | null,
    path: string,
    part?: { start: number; length: number },
  ): Promise<{ size: number; version: string; content: Readable }>;
  /** Everything below these paths, in use or not, walked without following links. */
  packFiles(
    home: HomeRef,
    mountedBy: string | null,
    paths: readonly string[],
    limits: { totalBytes: number; files: number },
  ): AsyncIterable<Packed>;
  /** Makes, moves, removes or counts, one after the other, in use or not; an answer for each, in their order. */
  changeFiles(home: HomeRef, mountedBy: string | null, changes: readonly HomeChange[]): Promise<Changed[]>;
  /** Every file of the home that no workspace has mounted, walked without following links. */
  collect(home: HomeRef, limits: CollectLimits): AsyncIterable<Collected>;
  /**
   * Writes files into the home, in use or not, and follows no link on the way; directories are made where they
   * are missing. Each is there wholly or not at all, also for a workspace that looks on; all are on disk when
   * the stream has ended. Repeated it finds its own files and leaves them.
   */
  writeFiles(
    home: HomeRef,
    mountedBy: string | null,
    files: AsyncIterable<HomeFile>,
    onConflict: OnConflict,
  ): AsyncIterable<Written>;
}
