import { Readable } from "node:stream";
import { apiRoute } from "@/lib/accounts";
import { recordingBytes } from "@/lib/recordings";

/** A recording as it is stored, gzipped; its player unpacks it. */
export const GET = apiRoute<{ id: string }>(async ({ ctx, params }) => {
  const { stream, bytes } = await recordingBytes({ ctx, recordingId: params.id });
  return new Response(Readable.toWeb(stream) as ReadableStream<Uint8Array>, {
    headers: {
      "content-type": "application/gzip",
      "content-length": String(bytes),
      "cache-control": "private, no-store",
    },
  });
});
