"use client";

import { Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { findStudentsAction } from "../actions";

type Found = { id: string; name: string; username: string; number: string | null };

/** Finds students of the course by name or number, to give them the experiment on their own. */
export function StudentSearch({
  experimentId,
  taken,
  onAdd,
}: {
  experimentId: string;
  taken: readonly string[];
  onAdd: (student: Found) => Promise<void>;
}) {
  const t = useTranslations("experiments");
  const [text, setText] = useState("");
  const [found, setFound] = useState<Found[] | null>(null);
  const asked = useRef(0);
  useEffect(() => {
    const number = ++asked.current;
    const search = text.trim();
    if (!search) {
      setFound(null);
      return;
    }
    const timer = setTimeout(async () => {
      const result = await findStudentsAction({ experimentId, search }).catch(() => null);
      if (number === asked.current && result?.ok) setFound(result.data);
    }, 250);
    return () => clearTimeout(timer);
  }, [experimentId, text]);
  return (
    <div className="flex flex-col gap-2">
      <Field label={t("audience.search")} help={t("audience.searchHelp")} className="max-w-80">
        <Input
          type="search"
          value={text}
          placeholder={t("audience.searchPlaceholder")}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      <ul className="flex flex-col" aria-live="polite">
        {found?.map((student) => (
          <li key={student.id} className="flex min-h-10 items-center gap-3">
            <span className="min-w-0 flex-1 truncate">
              {student.name}
              <span className="tabular ml-2 text-muted text-sm">{student.number ?? student.username}</span>
            </span>
            <Button
              size="sm"
              icon={<Plus aria-hidden="true" />}
              disabled={taken.includes(student.id)}
              onClick={() => void onAdd(student)}
            >
              {t(taken.includes(student.id) ? "audience.has" : "audience.add")}
            </Button>
          </li>
        ))}
        {found?.length === 0 ? <li className="text-muted text-sm">{t("audience.nobody")}</li> : null}
      </ul>
    </div>
  );
}
