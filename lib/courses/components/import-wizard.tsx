"use client";

import { ArrowLeft, FileSpreadsheet } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { UnsavedGuard } from "@/components/form/unsaved-guard";
import { useAction } from "@/components/form/use-action";
import { Button, ButtonLink } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { FileDrop } from "@/components/ui/file-drop";
import { ProgressBar } from "@/components/ui/progress";
import { Notice, Section } from "@/components/ui/section";
import { Textarea } from "@/components/ui/textarea";
import { toast } from "@/components/ui/toast";
import { importRosterAction, previewRosterAction } from "../actions";
import type { ImportedLine } from "../import-roster";
import type { RosterVerdict } from "../judge-rows";
import { rosterLimits } from "../schema";
import { ImportPreview } from "./import-preview";
import { ImportResult } from "./import-result";

type Step =
  | { at: "source" }
  | { at: "preview"; source: string; lines: RosterVerdict[] }
  | { at: "importing"; done: number; total: number }
  | { at: "result"; results: ImportedLine[]; stopped: boolean };

const together = 50;

/** A roster into a class: paste or choose a file, look at every line, import in parts with true progress. */
export function ImportWizard({
  classId,
  className,
  signInUrl,
}: {
  classId: string;
  className: string;
  signInUrl: string;
}) {
  const t = useTranslations("courses");
  const [step, setStep] = useState<Step>({ at: "source" });
  const [text, setText] = useState("");
  const [kept, setKept] = useState(false);
  const preview = useAction(previewRosterAction);
  const send = useAction(importRosterAction);

  const look = async (source: string, input: { text: string } | { file: Uint8Array<ArrayBuffer> }) => {
    const result = await preview.run({ classId, ...input });
    if (result) setStep({ at: "preview", source, lines: result.data });
  };
  const chooseFile = async (file: File | undefined) => {
    if (!file) return;
    if (file.size > rosterLimits.bytes) {
      toast({ title: t("import.tooLarge", { name: file.name }), kind: "danger" });
      return;
    }
    await look(file.name, { file: new Uint8Array(await file.arrayBuffer()) });
  };
  const importNow = async (lines: readonly RosterVerdict[], updateNames: boolean) => {
    const sent = (line: RosterVerdict) =>
      line.status === "new" ||
      line.status === "existing" ||
      (updateNames && line.status === "enrolled" && line.systemName !== undefined);
    const rows = lines.filter(sent).map(({ line, number, name }) => ({ line, number, name }));
    const results: ImportedLine[] = lines.filter((line) => !sent(line));
    setStep({ at: "importing", done: 0, total: rows.length });
    for (let from = 0; from < rows.length; from += together) {
      const part = rows.slice(from, from + together);
      const result = await send.run({ classId, rows: part, updateNames });
      if (!result) {
        // What is in is in, and its passwords must not be lost with the rest.
        setStep({ at: "result", results, stopped: true });
        return;
      }
      results.push(...result.data);
      setStep({ at: "importing", done: Math.min(rows.length, from + together), total: rows.length });
    }
    setStep({ at: "result", results, stopped: false });
  };

  switch (step.at) {
    case "source":
      return (
        <div className="flex max-w-3xl flex-col gap-4">
          <Section title={t("import.pasteTitle")}>
            <div className="flex flex-col gap-3">
              <Field label={t("import.paste")} help={t("import.pasteHelp")}>
                <Textarea
                  rows={10}
                  value={text}
                  className="font-mono"
                  placeholder={t("import.placeholder")}
                  spellCheck={false}
                  onChange={(event) => setText(event.target.value)}
                  onKeyDown={(event) => {
                    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && text.trim())
                      void look(t("import.pasted"), { text });
                  }}
                />
              </Field>
              <div className="flex flex-wrap justify-end gap-2">
                <ButtonLink href={`/teach/classes/${classId}`} variant="ghost">
                  {t("cancel")}
                </ButtonLink>
                <Button
                  variant="primary"
                  busy={preview.busy}
                  disabled={text.trim() === ""}
                  onClick={() => void look(t("import.pasted"), { text })}
                >
                  {t("import.check")}
                </Button>
              </div>
            </div>
          </Section>
          <Section title={t("import.fileTitle")}>
            <FileDrop
              accept=".csv,.txt,.tsv,.xlsx,.xls"
              disabled={preview.busy}
              label={preview.busy ? t("import.reading") : undefined}
              hint={t("import.fileHint")}
              onFiles={(files) => void chooseFile(files[0])}
            />
          </Section>
          <Notice tone="info" title={t("import.nothingYet")}>
            {t("import.nothingYetHint")}
          </Notice>
        </div>
      );
    case "preview":
      return (
        <div className="flex flex-col gap-4">
          <div className="flex flex-wrap items-center gap-2">
            <Button
              variant="ghost"
              icon={<ArrowLeft aria-hidden="true" />}
              onClick={() => setStep({ at: "source" })}
            >
              {t("import.back")}
            </Button>
            <span className="flex min-w-0 items-center gap-1.5 text-muted text-sm">
              <FileSpreadsheet aria-hidden="true" className="size-4 shrink-0" />
              <span className="truncate">{step.source}</span>
            </span>
          </div>
          <ImportPreview
            lines={step.lines}
            onImport={(updateNames) => void importNow(step.lines, updateNames)}
          />
        </div>
      );
    case "importing":
      return (
        <Section title={t("import.running")} className="max-w-3xl">
          <ProgressBar
            value={step.done}
            max={step.total}
            label={t("import.running")}
            text={t("import.progress", { done: step.done, total: step.total })}
          />
          <p className="mt-2 text-muted text-sm">{t("import.runningHint")}</p>
          <UnsavedGuard
            active
            title={t("import.leaveRunning")}
            text={t("import.leaveRunningHint")}
            confirm={t("import.leave")}
          />
        </Section>
      );
    case "result": {
      const slips = step.results.some((line) => line.status === "created");
      return (
        <>
          <ImportResult
            results={step.results}
            stopped={step.stopped}
            classId={classId}
            className={className}
            signInUrl={signInUrl}
            onKept={() => setKept(true)}
            onAgain={() => {
              setKept(false);
              setStep({ at: "source" });
            }}
          />
          <UnsavedGuard
            active={slips && !kept}
            title={t("import.leaveSlips")}
            text={t("import.leaveSlipsHint")}
            confirm={t("import.leave")}
          />
        </>
      );
    }
  }
}
