"use client";

import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useRef, useState } from "react";
import { IconButton } from "../ui/icon-button";
import { Input } from "../ui/input";
import type { Screen } from "./open-screen";

const colours = {
  light: { match: "#ffe8a3", active: "#ffc24a" },
  dark: { match: "#5a4713", active: "#8a6a12" },
};

/** Looks for words in what a terminal shows and has shown. Enter goes up, as newer is below. */
export function SearchBar({ screen, onClose }: { screen: Screen; onClose: () => void }) {
  const t = useTranslations("ui.terminal");
  const [words, setWords] = useState("");
  const [found, setFound] = useState<{ index: number; count: number } | null>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    const heard = screen.search.onDidChangeResults(({ resultIndex, resultCount }) =>
      setFound({ index: resultIndex, count: resultCount }),
    );
    return () => {
      heard.dispose();
      screen.search.clearDecorations();
    };
  }, [screen]);

  const look = (text: string, back: boolean, incremental = false) => {
    if (!text) {
      screen.search.clearDecorations();
      return setFound(null);
    }
    const { match, active } = getComputedStyle(document.documentElement).colorScheme.includes("dark")
      ? colours.dark
      : colours.light;
    const decorations = {
      matchBackground: match,
      matchOverviewRuler: active,
      activeMatchBackground: active,
      activeMatchColorOverviewRuler: active,
    };
    if (back) screen.search.findPrevious(text, { incremental, decorations });
    else screen.search.findNext(text, { incremental, decorations });
  };

  return (
    // biome-ignore lint/a11y/useSemanticElements: <search> is not known to React's types
    <form
      role="search"
      className="absolute top-1 right-3 z-10 flex items-center gap-1 rounded-md border border-border bg-raised p-1 shadow-overlay"
      onSubmit={(event) => {
        event.preventDefault();
        look(words, true);
      }}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
        else if (event.key === "Enter" && event.shiftKey) look(words, false);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <Input
        ref={field}
        type="search"
        aria-label={t("search")}
        placeholder={t("search")}
        value={words}
        onChange={(event) => {
          setWords(event.target.value);
          look(event.target.value, true, true);
        }}
        className="w-40"
      />
      <span role="status" className="tabular min-w-12 text-center text-muted text-xs">
        {found && words ? (found.count ? `${found.index + 1}/${found.count}` : t("nothing")) : ""}
      </span>
      <IconButton size="sm" label={t("previous")} onClick={() => look(words, true)}>
        <ArrowUp aria-hidden="true" />
      </IconButton>
      <IconButton size="sm" label={t("next")} onClick={() => look(words, false)}>
        <ArrowDown aria-hidden="true" />
      </IconButton>
      <IconButton size="sm" label={t("closeSearch")} onClick={onClose}>
        <X aria-hidden="true" />
      </IconButton>
    </form>
  );
}
