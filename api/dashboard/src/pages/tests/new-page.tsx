/** A new test, or a clone with changes: every field of the manual, filled from what model and dataset are. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, Form as Layout, Skeleton } from "antd";
import { useRef, useState } from "react";

import { api, body, type Schemas } from "../../api/client";
import { send } from "../../api/upload";
import { Problem } from "../../kit/problem";
import { short } from "../../kit/shown";
import { useWords } from "../../words/say";
import {
  allowedPrecisions,
  batchOf,
  changesOf,
  countOf,
  type Draft,
  draftOfTest,
  type Form,
  freshDraft,
  lacksOf,
  precisionsOf,
  quickOf,
} from "./form-state";
import { BackendField, PrecisionFields } from "./new-precision";
import { HowFields, WhatFields } from "./new-fields";
import { StepsField } from "./new-steps";
import { DimensionsField, TasksField } from "./new-tasks";
import type { Test } from "./search";
import { testForm } from "./new-words";
import { zipped } from "./zip";
import "./tests.css";

export interface Editing {
  draft: Draft;
  change: (change: Partial<Draft>) => void;
  form: Form | undefined;
}

const oneTest = (id: string) => body(api.GET("/api/v1/tests/{id}", { params: { path: { id } } }));
const filled = (model_id: string, dataset_id: string | undefined) =>
  body(api.GET("/api/v1/test-form", { params: { query: { model_id, ...(dataset_id ? { dataset_id } : {}) } } }));

export function NewPage() {
  const { say } = useWords(testForm);
  const search = useSearch({ from: "/tests/new" });
  const original = useQuery({
    queryKey: ["tests", "original", search.clone],
    queryFn: () => oneTest(search.clone ?? ""),
    enabled: search.clone !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <>
      <div className="page-head">
        <h1>{say(search.clone ? "new.clone" : "new.title")}</h1>
        {original.data ? <code>{short(original.data.id)}</code> : null}
      </div>
      {original.isError ? <Problem error={original.error} again={() => void original.refetch()} /> : null}
      {search.clone && original.isPending ? <Skeleton active /> : null}
      {search.clone && !original.data ? null : (
        <Editor
          key={search.clone ?? "new"}
          original={original.data ?? null}
          first={original.data ? draftOfTest(original.data) : freshDraft(search.model, search.dataset, search.quick)}
        />
      )}
    </>
  );
}

function Editor({ original, first }: { original: Test | null; first: Draft }) {
  const { say } = useWords(testForm);
  const [draft, setDraft] = useState(first);
  const [files, setFiles] = useState<File[]>([]);
  const [model] = draft.models;
  const dataset = draft.quick ? undefined : draft.datasets[0];
  const found = useQuery({
    queryKey: ["models", "test-form", model, dataset],
    queryFn: () => filled(model ?? "", dataset),
    enabled: model !== undefined,
  });
  const form = model === undefined ? undefined : found.data;
  const change = (next: Partial<Draft>) => setDraft((now) => ({ ...now, ...next }));
  const allowed = form ? { ...draft, precisions: allowedPrecisions(draft.precisions, form) } : draft;
  const editing = { draft: allowed, change, form };
  const several = draft.models.length > 1 || (!draft.quick && draft.datasets.length > 1);
  return (
    <Layout layout="vertical" className="test-form" component={false}>
      {original ? <Alert type="info" title={say("new.clone.note")} /> : null}
      <WhatFields {...editing} original={original} files={files} choose={setFiles} />
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {several ? <Alert type="info" title={say("new.first")} /> : null}
      <HowFields {...editing} />
      <PrecisionFields {...editing} several={original === null} />
      {draft.quick ? null : (
        <>
          <TasksField {...editing} />
          <DimensionsField {...editing} />
        </>
      )}
      <StepsField {...editing} />
      <BackendField {...editing} />
      <Send {...editing} original={original} files={files} />
    </Layout>
  );
}

interface Sending extends Editing {
  original: Test | null;
  files: File[];
}

interface Sent {
  jobs: Schemas["Job"][];
  refused: Schemas["RefusedTest"][];
}

/** Answers that are 202 have no job yet. */
function jobsOf(answer: Schemas["Job"] | Schemas["Accepted"]): Schemas["Job"][] {
  return "kind" in answer ? [answer] : [];
}

/** Quick checks that were taken, by what was asked: when a later one is refused, they are not asked for again. */
type Taken = Map<string, Schemas["Job"][]>;

async function sent({ draft, original, files }: Sending, taken: Taken): Promise<Sent> {
  if (draft.quick) {
    const digest = await send(await zipped(files), () => undefined).done;
    const wishes = draft.models.flatMap((model) => precisionsOf(draft).map((precision) => quickOf(draft, model, precision, digest)));
    const jobs: Schemas["Job"][] = [];
    for (const wish of wishes) {
      const key = JSON.stringify(wish);
      const made = taken.get(key) ?? jobsOf(await body(api.POST("/api/v1/quick-checks", { body: wish })));
      taken.set(key, made);
      jobs.push(...made);
    }
    return { jobs, refused: [] };
  }
  if (original) {
    const wish = { params: { path: { id: original.id } }, body: changesOf(original, draft) };
    return { jobs: jobsOf(await body(api.POST("/api/v1/tests/{id}/clone", wish))), refused: [] };
  }
  const answer = await body(api.POST("/api/v1/test-batches", { body: batchOf(draft) }));
  return "state" in answer ? { jobs: [], refused: [] } : { jobs: answer.jobs ?? [], refused: answer.refused ?? [] };
}

function Send(props: Sending) {
  const { say } = useWords(testForm);
  const { message } = App.useApp();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { draft, form, files } = props;
  const lacks = lacksOf(draft, form, files.length);
  const taken = useRef<Taken>(new Map());
  const asked = useMutation({
    mutationFn: () => sent(props, taken.current),
    onSuccess: ({ jobs, refused }) => {
      if (refused.length) return;
      void queries.invalidateQueries({ queryKey: ["jobs"] });
      void message.success(say("new.sent", { count: jobs.length || countOf(draft) }));
      const [only] = jobs;
      if (only === undefined || jobs.length > 1) void navigate({ to: "/tests" });
      else void navigate({ to: draft.quick ? "/quick-checks/$id" : "/tests/$id", params: { id: only.id } });
    },
  });
  const refused = asked.data?.refused ?? [];
  return (
    <>
      {asked.isError ? <Problem error={asked.error} /> : null}
      {refused.length ? (
        <Alert
          type="error"
          role="alert"
          title={say("new.refused")}
          description={
            <ul>
              {refused.map((each) => (
                <li key={`${each.model_id}/${each.dataset_id}/${each.precision}`}>
                  {`${short(each.model_id)} · ${short(each.dataset_id)} · ${each.precision}: ${each.message}`}
                </li>
              ))}
            </ul>
          }
        />
      ) : null}
      <p role="status">{lacks.length ? lacks.map((each) => say(`lack.${each}`)).join("；") : say("new.count", { count: countOf(draft) })}</p>
      <Button type="primary" disabled={lacks.length > 0} loading={asked.isPending} onClick={() => asked.mutate()}>
        {say("new.send")}
      </Button>
    </>
  );
}
