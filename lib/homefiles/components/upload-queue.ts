import { DetailedError, Upload } from "tus-js-client";
import type { ShownError } from "@/components/error-message";
import type { UploadBrief } from "../schema";
import { listUploads, placeUploads, Refusal, uploadsUrl } from "./api";

type UploadState =
  | "waiting"
  | "sending"
  | "retrying"
  | "offline"
  /** Begun in a page that is gone: goes on when the same file is chosen again. */
  | "paused"
  /** All of it is with the service; being put into the home. */
  | "whole"
  | "done"
  | "failed";

export type UploadItem = {
  key: string;
  /** Where it shall lie in the home. */
  path: string;
  size: number;
  sent: number;
  state: UploadState;
  onConflict: "keepBoth" | "replace";
  /** Where it lies. */
  written?: string;
  error?: ShownError;
  /** Why the home did not take it, a key of `homefiles.refused`. */
  refused?: string;
};

export type NewUpload = { file: File; path: string };

type Job = UploadItem & { modified: number; file?: File; id?: string; tus?: Upload };

const mb = 1024 ** 2;
const atOnce = 3;
const placedAtOnce = 100;
const active = new Set<UploadState>(["waiting", "sending", "retrying", "offline", "whole"]);
export const isActive = ({ state }: UploadItem): boolean => active.has(state);

/**
 * Uploads into one home, a few at a time, whatever becomes of the panel: they go on while the page is there, wait
 * for a lost network, and are put into the home in batches as they get whole.
 */
export class UploadQueue {
  private jobs: Job[] = [];
  private shown: readonly UploadItem[] = [];
  private readonly listeners = new Set<() => void>();
  private readonly placedListeners = new Set<() => void>();
  private placing = false;
  private drawing = false;
  private loaded = false;
  private count = 0;

  private readonly lock: string;

  constructor(private readonly attemptId: string) {
    this.lock = `labyard-uploads-${attemptId}`;
  }

  /** For useSyncExternalStore. */
  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };
  readonly items = () => this.shown;

  /** Called whenever files have come into the home. */
  onPlaced(listener: () => void): () => void {
    this.placedListeners.add(listener);
    return () => void this.placedListeners.delete(listener);
  }

  /** Takes up what an earlier page left: what is whole goes into the home, the rest waits for its file. */
  async load(): Promise<void> {
    if (this.loaded) return;
    this.loaded = true;
    window.addEventListener("online", () => this.wake());
    window.addEventListener("beforeunload", (event) => {
      if (this.jobs.some((job) => isActive(job))) event.preventDefault();
    });
    // What another page of this person is at is not left over.
    const { held } = (await navigator.locks?.query()) ?? {};
    if (held?.some(({ name }) => name === this.lock)) return;
    const left = await listUploads(this.attemptId).catch(() => {
      this.loaded = false;
      return [] as UploadBrief[];
    });
    if (left.length > 0) this.hold();
    for (const { id, path, size, modified, offset } of left) {
      if (this.jobs.some((job) => job.id === id)) continue;
      const state = offset === size ? "whole" : "paused";
      this.jobs.push({ ...this.newJob(path, size, modified), id, sent: offset, state });
    }
    this.changed();
    void this.place();
  }

  /** A file that is there in part already, from this page or another, goes on where it stopped. */
  add(uploads: readonly NewUpload[], onConflict: UploadItem["onConflict"]): void {
    this.hold();
    for (const { file, path } of uploads) {
      const { size, lastModified } = file;
      const left = this.jobs.find(
        (job) =>
          job.state === "paused" && job.path === path && job.size === size && job.modified === lastModified,
      );
      if (left) Object.assign(left, { file, onConflict, state: "waiting" });
      else this.jobs.push({ ...this.newJob(path, size, lastModified), file, onConflict });
    }
    this.changed();
    this.pump();
  }

  /** Whether this file is the rest of an upload that waits; it goes on if it is. */
  resume(key: string, file: File): boolean {
    const job = this.job(key);
    if (!job || file.size !== job.size || file.lastModified !== job.modified) return false;
    Object.assign(job, { file, state: "waiting" });
    this.changed();
    this.pump();
    return true;
  }

  cancel(key: string): void {
    const job = this.job(key);
    if (!job) return;
    this.jobs = this.jobs.filter((one) => one !== job);
    void job.tus?.abort().catch(() => undefined);
    if (job.id) {
      const headers = { "tus-resumable": "1.0.0" };
      // What cannot be told now is swept a day later.
      void fetch(this.url(job.id), { method: "DELETE", headers }).catch(() => undefined);
    }
    this.changed();
    this.pump();
  }

  cancelAll(): void {
    for (const job of this.jobs.filter((one) => isActive(one) || one.state === "failed"))
      this.cancel(job.key);
  }

  retry(key: string): void {
    const job = this.job(key);
    if (!job) return;
    const fromStart = ["gone", "incomplete", "cut"].includes(job.refused ?? "");
    const isWhole = job.id !== undefined && job.sent === job.size && !fromStart;
    if (fromStart) job.id = undefined;
    Object.assign(job, { error: undefined, refused: undefined, state: isWhole ? "whole" : "waiting" });
    this.changed();
    this.pump();
    void this.place();
  }

  dismiss(): void {
    this.jobs = this.jobs.filter((job) => job.state !== "done");
    this.changed();
  }

  /** Shown to other pages as long as this one is there. */
  private hold(): void {
    void navigator.locks?.request(this.lock, { ifAvailable: true }, () => new Promise(() => undefined));
  }

  private job = (key: string) => this.jobs.find((one) => one.key === key);
  private url = (id: string) => `${uploadsUrl(this.attemptId)}/${id}`;

  private newJob(path: string, size: number, modified: number): Job {
    const key = String(++this.count);
    return { key, path, size, modified, sent: 0, state: "waiting", onConflict: "keepBoth" };
  }

  private wake(): void {
    for (const job of this.jobs) if (job.state === "offline") job.state = "waiting";
    this.changed();
    this.pump();
    void this.place();
  }

  private pump(): void {
    const busy = this.jobs.filter(({ state }) => state === "sending" || state === "retrying").length;
    for (const job of this.jobs
      .filter(({ state }) => state === "waiting")
      .slice(0, Math.max(0, atOnce - busy)))
      this.send(job);
  }

  private send(job: Job): void {
    const { file } = job;
    if (!file) {
      this.set(job, { state: "paused" });
      return;
    }
    job.tus = new Upload(file, {
      endpoint: uploadsUrl(this.attemptId),
      uploadUrl: job.id ? this.url(job.id) : null,
      metadata: { path: job.path, modified: String(job.modified) },
      chunkSize: 16 * mb,
      // A small file in one request; of a large one, the name comes first, so that no byte is sent twice.
      uploadDataDuringCreation: job.size <= 4 * mb,
      storeFingerprintForResuming: false,
      retryDelays: [300, 1_000, 2_000, 4_000, 8_000, ...Array<number>(60).fill(15_000)],
      onShouldRetry: (error) => {
        if (refusalOf(error) || !navigator.onLine) return false;
        this.set(job, { state: "retrying" });
        return true;
      },
      onUploadUrlAvailable: () => {
        job.id = job.tus?.url?.split("/").at(-1);
      },
      onProgress: (sent) => this.set(job, { sent, state: "sending" }),
      onSuccess: () => {
        this.set(job, { sent: job.size, state: "whole" });
        this.pump();
        void this.place();
      },
      onError: (error) => {
        const refusal = refusalOf(error);
        // The upload was swept meanwhile: from the start, then.
        if (refusal?.key === "notFound.file" && job.id) {
          job.id = undefined;
          this.set(job, { sent: 0, state: "waiting" });
        } else if (refusal) this.set(job, { state: "failed", error: refusal });
        else this.set(job, { state: "offline" });
        this.pump();
      },
    });
    this.set(job, { state: "sending" });
    job.tus.start();
  }

  /** Puts what is whole into the home; what gets whole meanwhile goes with the next batch. */
  private async place(): Promise<void> {
    if (this.placing) return;
    this.placing = true;
    try {
      for (;;) {
        const batch = this.jobs.filter((job) => job.state === "whole" && job.id).slice(0, placedAtOnce);
        if (batch.length === 0) return;
        await this.placeBatch(batch);
      }
    } finally {
      this.placing = false;
    }
  }

  private async placeBatch(batch: readonly Job[]): Promise<void> {
    try {
      const uploads = batch.map(({ id = "", onConflict }) => ({ id, onConflict }));
      const answers = new Map((await placeUploads(this.attemptId, uploads)).map((one) => [one.id, one]));
      for (const job of batch) {
        const answer = answers.get(job.id ?? "");
        if (answer && "written" in answer) this.set(job, { state: "done", written: answer.written });
        else this.set(job, { state: "failed", refused: answer?.refused ?? "not_written" });
      }
      for (const listener of this.placedListeners) listener();
    } catch (error) {
      const refusal = error instanceof Refusal ? error : undefined;
      const shown = refusal?.shown ?? { code: "unavailable", key: "unavailable" };
      for (const job of batch) {
        if (refusal?.silent && !navigator.onLine) this.set(job, { state: "offline" });
        else this.set(job, { state: "failed", error: shown });
      }
    }
  }

  private set(job: Job, change: Partial<Job>): void {
    Object.assign(job, change);
    this.changed();
  }

  /** At most once a frame: progress comes more often than anybody can see. */
  private changed(): void {
    if (this.drawing) return;
    this.drawing = true;
    setTimeout(() => {
      this.drawing = false;
      this.shown = this.jobs.map(({ file: _file, tus: _tus, ...item }) => item);
      for (const listener of this.listeners) listener();
    }, 50);
  }
}

/** What the service said against it; undefined for a lost connection, or words of the protocol that a retry settles. */
function refusalOf(error: Error): ShownError | undefined {
  if (!(error instanceof DetailedError) || !error.originalResponse) return undefined;
  const status = error.originalResponse.getStatus();
  try {
    const { error: shown } = JSON.parse(error.originalResponse.getBody()) as { error?: ShownError };
    // What passes by itself is worth a try.
    return shown && (status < 500 || status === 507) ? shown : undefined;
  } catch {
    return status >= 400 && status < 500 && status !== 409 && status !== 423 && status !== 400
      ? { code: "unavailable", key: "unavailable" }
      : undefined;
  }
}

const queues = new Map<string, UploadQueue>();

/** The one queue of a home in this page. */
export function uploadQueue(attemptId: string): UploadQueue {
  let queue = queues.get(attemptId);
  if (!queue) {
    queue = new UploadQueue(attemptId);
    queues.set(attemptId, queue);
  }
  return queue;
}
