"use client";

import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { CheckboxField, DateTimeField, NumberField, SelectField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { useAction } from "@/components/form/use-action";
import { LiveRefresh } from "@/components/live/live";
import { Badge } from "@/components/ui/badge";
import { EmptyState } from "@/components/ui/empty-state";
import { IconButton } from "@/components/ui/icon-button";
import { Notice, Section } from "@/components/ui/section";
import { StateChip } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { useYuan } from "@/lib/costs/components/use-yuan";
import { useSize } from "@/lib/templates/components/spec-words";
import { addWarmPlanAction, removeWarmPlanAction } from "../warm/actions";
import type { WarmPool } from "../warm/pool";
import { warmPlanFields } from "../warm/schema";
import { knownCause } from "./cause";

/** Workspaces of a template that are booted before anybody presses Start: what there is, and what shall be. */
export function WarmPanel({ templateId, pool }: { templateId: string; pool: WarmPool }) {
  const t = useTranslations("warm");
  const size = useSize();
  const yuan = useYuan();
  const cause = useTranslations("workspaces.causes");
  return (
    <div className="flex max-w-3xl flex-col gap-4">
      <LiveRefresh topics={[`template:${templateId}`]} />
      <p className="text-muted text-sm">{t(pool.cloud ? "cloud.hint" : "hint")}</p>
      {pool.failed ? (
        <Notice tone="danger" title={t("failedTitle")}>
          <p>
            {cause(`${knownCause(pool.failed)}.what`)} {t("failedHint")}
          </p>
        </Notice>
      ) : null}
      <Section
        title={t("now")}
        flush
        actions={
          <span className="tabular text-muted text-sm">
            {pool.cloud
              ? t("cloud.holds", {
                  ready: pool.ready,
                  wanted: pool.wanted,
                  price: yuan(pool.cloud.hourly),
                })
              : t("holds", { memory: size(pool.heldMb), ready: pool.ready, wanted: pool.wanted })}
          </span>
        }
      >
        {pool.plans.length === 0 ? (
          <EmptyState title={t("emptyTitle")} className="py-8">
            {t("emptyHint")}
          </EmptyState>
        ) : (
          <ul className="divide-y divide-border">
            {pool.plans.map((plan) => (
              <PlanRow key={plan.id} templateId={templateId} plan={plan} failed={pool.failed !== null} />
            ))}
          </ul>
        )}
      </Section>
      <NewPlan templateId={templateId} pool={pool} />
    </div>
  );
}

type Plan = WarmPool["plans"][number];

function PlanRow({ templateId, plan, failed }: { templateId: string; plan: Plan; failed: boolean }) {
  const t = useTranslations("warm");
  const router = useRouter();
  const remove = useAction(removeWarmPlanAction);
  const removeNow = async () => {
    if (!(await remove.run({ templateId, planId: plan.id }))) return;
    toast({ title: t("removed") });
    router.refresh();
  };
  return (
    <li className="flex min-h-12 flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-2">
          <span className="tabular font-medium">
            {t(plan.refill ? "level" : "stock", { count: plan.count })}
          </span>
          {plan.running ? <Badge>{t("cloud.running")}</Badge> : null}
          {plan.claimed > 0 ? <Badge>{t("claimed", { count: plan.claimed })}</Badge> : null}
        </p>
        <p className="text-muted text-sm">
          <PlanTimes plan={plan} />
          {plan.createdByName ? ` · ${plan.createdByName}` : ""}
        </p>
      </div>
      <PlanState plan={plan} failed={failed} />
      <IconButton label={t("remove")} busy={remove.busy} onClick={() => void removeNow()}>
        <Trash2 aria-hidden="true" />
      </IconButton>
    </li>
  );
}

function PlanTimes({ plan: { fromAt, untilAt, begun } }: { plan: Plan }) {
  const t = useTranslations("warm");
  if (fromAt && !begun) {
    return (
      <>
        <Time at={fromAt} /> {t("to")} {untilAt ? <Time at={untilAt} /> : t("removedOnly")}
      </>
    );
  }
  return untilAt ? t.rich("until", { time: () => <Time at={untilAt} /> }) : t("untilRemoved");
}

function PlanState({ plan, failed }: { plan: Plan; failed: boolean }) {
  const t = useTranslations("warm");
  if (!plan.begun) return <StateChip tone="neutral">{t("state.later")}</StateChip>;
  if (plan.wanted === 0) return <StateChip tone="neutral">{t("state.used")}</StateChip>;
  if (plan.ready >= plan.wanted)
    return <StateChip tone="ok">{t("state.ready", { count: plan.ready })}</StateChip>;
  if (failed && plan.booting === 0) return <StateChip tone="danger">{t("state.failed")}</StateChip>;
  return (
    <StateChip tone="info" moving={plan.booting > 0}>
      {t(plan.booting > 0 ? "state.booting" : "state.waiting", { ready: plan.ready, wanted: plan.wanted })}
    </StateChip>
  );
}

function NewPlan({ templateId, pool }: { templateId: string; pool: WarmPool }) {
  const t = useTranslations("warm");
  const size = useSize();
  const yuan = useYuan();
  const router = useRouter();
  const each = pool.cloud?.each;
  const options = (["hour", "window", "always"] as const).map((value) => ({
    value,
    label: t(`when.${value}`),
  }));
  return (
    <Section title={t("new")}>
      <Form
        schema={warmPlanFields}
        defaultValues={{
          count: null as unknown as number,
          when: "hour",
          fromAt: null,
          untilAt: null,
          refill: false,
          running: false,
        }}
        guard={false}
        resetAfter
        className="max-w-none"
        submit={t("add")}
        onSubmit={async (fields) => {
          const result = await addWarmPlanAction({ templateId, ...fields });
          if (result.ok) {
            toast({ title: t("added") });
            router.refresh();
          }
          return result;
        }}
      >
        {(form) => {
          const when = form.watch("when");
          return (
            <>
              <div className="grid gap-4 sm:grid-cols-2">
                <NumberField
                  name="count"
                  label={t("field.count")}
                  unit={t("unit")}
                  help={
                    pool.cloud
                      ? t("cloud.count", { room: pool.room, percent: pool.percent })
                      : t("help.count", {
                          memory: size(pool.eachMb),
                          room: pool.room,
                          percent: pool.percent,
                        })
                  }
                  required
                />
                <SelectField name="when" label={t("field.when")} options={options} />
              </div>
              {when === "window" ? (
                <div className="grid gap-4 sm:grid-cols-2">
                  <DateTimeField name="fromAt" label={t("field.from")} help={t("help.from")} />
                  <DateTimeField name="untilAt" label={t("field.until")} required />
                </div>
              ) : null}
              {when === "always" ? null : (
                <CheckboxField name="refill" label={t("field.refill")} help={t("help.refill")} />
              )}
              {pool.cloud ? (
                <CheckboxField
                  name="running"
                  label={t("cloud.keepRunning")}
                  help={
                    each
                      ? t("cloud.keepRunningHelp", {
                          resting: yuan(each.resting),
                          running: yuan(each.running),
                        })
                      : t("cloud.keepRunningHint")
                  }
                />
              ) : null}
            </>
          );
        }}
      </Form>
    </Section>
  );
}
