"use client";

import { Archive, ArchiveRestore } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { Button } from "../ui/button";
import type { MenuEntry } from "../ui/menu";
import { toast } from "../ui/toast";
import type { SubmitResult } from "./form";
import { useAction } from "./use-action";

type Action<Input> = (input: Input) => Promise<SubmitResult>;
/** What is archived: how the actions know it, its name for people, and what to say of the consequences. */
type Thing<Input> = { input: Input; name: string; hint?: string };

/** Takes things off the lists and back again, both at once; the toast of the first takes it back, too. */
export function useArchive<Input>(archiveAction: Action<Input>, restoreAction: Action<Input>) {
  const t = useTranslations("ui.archive");
  const router = useRouter();
  const away = useAction(archiveAction);
  const back = useAction(restoreAction);
  const restore = async ({ input, name }: Thing<Input>) => {
    if (!(await back.run(input))) return;
    router.refresh();
    toast({ title: t("restored", { name }) });
  };
  const archive = async (thing: Thing<Input>) => {
    if (!(await away.run(thing.input))) return;
    router.refresh();
    toast({
      title: t("archived", { name: thing.name }),
      description: thing.hint,
      undo: { label: t("undo"), run: () => void restore(thing) },
    });
  };
  return {
    archive,
    /** Whichever of the two it wants, in a menu; `onArchive` where something is asked first. */
    entry: (thing: Thing<Input>, archived: boolean, onArchive?: () => void): MenuEntry =>
      archived
        ? { label: t("restore"), icon: <ArchiveRestore />, onSelect: () => void restore(thing) }
        : { label: t("archive"), icon: <Archive />, onSelect: onArchive ?? (() => void archive(thing)) },
    /** The same as a button. */
    button: (thing: Thing<Input>, archived: boolean, onArchive?: () => void) =>
      archived ? (
        <Button
          icon={<ArchiveRestore aria-hidden="true" />}
          busy={back.busy}
          onClick={() => void restore(thing)}
        >
          {t("restore")}
        </Button>
      ) : (
        <Button
          icon={<Archive aria-hidden="true" />}
          busy={away.busy}
          onClick={onArchive ?? (() => void archive(thing))}
        >
          {t("archive")}
        </Button>
      ),
  };
}
