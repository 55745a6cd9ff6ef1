/** A real guacd and a desktop whose screen never rests; throws where their images are not there. */
export async function startBusyDesktop(): Promise<{
  target: { guacd: { host: string; port: number }; host: string; port: number; password: string };
  stop(): void;
}> {
  throw new Error("not yet");
}
