import { AppError } from "@/lib/platform/errors";
import { orMissing, withEngine } from "./connection";

export type ImageFacts = { id: string; hasInit: boolean };

/**
 * What is needed to know of an image before a container is made of it; throws `imageMissing`, or
 * `imageUnfit` for one that declares volumes: those would be disk that nobody counts.
 */
export async function imageFacts(endpoint: string, image: string): Promise<ImageFacts> {
  const found = await withEngine(endpoint, (docker) => orMissing(docker.getImage(image).inspect()));
  if (!found) throw new AppError("unavailable", "imageMissing", { image });
  if (Object.keys(found.Config?.Volumes ?? {}).length > 0)
    throw new AppError("unavailable", "imageUnfit", { image });
  const entrypoint = ([] as string[]).concat(found.Config?.Entrypoint ?? []);
  return { id: found.Id, hasInit: /(^|\/)(tini|dumb-init|docker-init)$/.test(entrypoint[0] ?? "") };
}
