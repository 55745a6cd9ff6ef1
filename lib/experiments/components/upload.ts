import type { ShownError } from "@/components/error-message";

export type Upload = {
  key: number;
  name: string;
  size: number;
  sent: number;
  state: "sending" | "saving" | "failed";
  error?: ShownError;
};

/** Sends a file as it is, telling how much is through; fetch cannot tell that. */
export function uploadAttachment(
  experimentId: string,
  file: File,
  onProgress: (sent: number) => void,
): { done: Promise<void>; stop: () => void } {
  const request = new XMLHttpRequest();
  const done = new Promise<void>((resolve, reject) => {
    const query = new URLSearchParams({ experiment: experimentId, name: file.name });
    request.open("PUT", `/api/attachments?${query}`);
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status === 201) return resolve();
      const { error } = (request.response ?? {}) as { error?: ShownError };
      // There is no field here to show it at: what is wrong with the name is the sentence.
      reject(
        error
          ? { ...error, key: error.fields?.name ?? error.key }
          : { code: "unavailable", key: "unavailable" },
      );
    };
    request.onerror = () => reject({ code: "unavailable", key: "uploadBroken" });
    request.onabort = () => reject({ code: "aborted", key: "aborted" });
    request.send(file);
  });
  return { done, stop: () => request.abort() };
}
