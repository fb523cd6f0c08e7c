/** Tests beside a base: which ones they are, and every view of them. */
import "./compare.css";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Select, Spin } from "antd";
import { type ReactNode, useMemo } from "react";

import { api, body, type Schemas } from "../../api/client";
import { Choose } from "../../kit/choose";
import type { Page } from "../../kit/listing";
import { Problem } from "../../kit/problem";
import { short } from "../../kit/shown";
import { Staged } from "../../kit/staged";
import { useWords } from "../../words/say";
import { classesOf } from "./classes";
import { comparisonQuery } from "./comparison";
import { ClassBars, Curves } from "./curves";
import { ExportButtons } from "./export-buttons";
import { precisionOf, runsOf } from "./figures";
import { Flips } from "./flips";
import { MergedTable } from "./merged-table";
import { Parameters } from "./parameters";
import { type CompareSearch, idsIn, said, TASKS_MAX, withoutTask, withTask } from "./search";
import { Slices } from "./slices";
import { Speed } from "./speed";
import { compare } from "./words";

export function ComparePage() {
  const { say, lang } = useWords(compare);
  const search = useSearch({ from: "/compare" });
  const navigate = useNavigate({ from: "/compare" });
  const go = (next: CompareSearch) => void navigate({ search: next, replace: true });
  const ids = idsIn(search.tasks);
  const compared = useQuery({ ...comparisonQuery(search, lang), placeholderData: keepPreviousData });
  const data = ids.length > 0 ? compared.data : undefined;
  return (
    <div className="compare">
      <div className="page-head">
        <h1>{say("compare.title")}</h1>
        <AddTest ids={ids} add={(id) => go(withTask(search, id))} />
      </div>
      {ids.length < 2 ? <p>{say("compare.empty")}</p> : null}
      {compared.isError ? (
        <>
          <Problem error={compared.error} again={() => void compared.refetch()} />
          <Asked ids={ids} remove={(id) => go(withoutTask(search, id))} />
        </>
      ) : null}
      {compared.isPending && ids.length > 0 ? <Spin aria-label={say("compare.title")} /> : null}
      {data && !compared.isError ? <Views data={data} search={search} go={go} /> : null}
    </div>
  );
}

/** The filter, the table of figures and the parameters. */
const FIRST = 3;

interface ViewsProps {
  data: Schemas["Comparison"];
  search: CompareSearch;
  go: (next: CompareSearch) => void;
}

function Views({ data, search, go }: ViewsProps) {
  const { tests } = data;
  const runs = useMemo(() => runsOf(tests), [tests]);
  const base = tests.find((each) => each.test.id === data.base);
  if (base === undefined) return null;
  const classes = classesOf(tests);
  const name = classes.find((each) => each === search.class);
  const set = (next: CompareSearch) => go(said({ ...search, ...next }));
  const detection = tests.some((each) => each.test.detection !== null);
  const rest = { tests, base, runs };
  return (
    <Staged first={FIRST}>
      <ClassFilter classes={classes} name={name} choose={(chosen) => go(said({ ...search, class: chosen }))}>
        <ExportButtons data={data} runs={runs} />
      </ClassFilter>
      <MergedTable
        {...rest}
        name={name}
        makeBase={(id) => go(said({ ...search, base: id, cursor: undefined, image: undefined }))}
        remove={(id) => go(withoutTask(search, id))}
      />
      <Parameters data={data} runs={runs} all={search.all ?? false} show={(all) => go(said({ ...search, all: all || undefined }))} />
      {detection ? <Curves tests={tests} runs={runs} name={name} /> : null}
      <ClassBars {...rest} name={name} measure={search.measure ?? "precision"} choose={(measure) => set({ measure })} />
      <Slices {...rest} figure={search.figure} choose={(figure) => set({ figure })} />
      <Flips {...rest} search={search} go={go} />
      <Speed tests={tests} runs={runs} time={search.time ?? "inference_ms"} choose={(time) => set({ time })} />
    </Staged>
  );
}

interface FilterProps {
  classes: readonly string[];
  name: string | undefined;
  choose: (name: string | undefined) => void;
  children: ReactNode;
}

function ClassFilter({ classes, name, choose, children }: FilterProps) {
  const { say } = useWords(compare);
  return (
    <>
      <div className="choices">
        <label className="run">
          {say("compare.class")}
          <Select<string>
            aria-label={say("compare.class")}
            style={{ width: 240 }}
            showSearch
            allowClear
            placeholder={say("compare.all_classes")}
            value={name ?? null}
            options={classes.map((each) => ({ value: each, label: each }))}
            onChange={(chosen: string | undefined) => choose(chosen)}
          />
        </label>
        {children}
      </div>
      <p className="hint">{say("compare.class_hint")}</p>
    </>
  );
}

type Test = Schemas["Test"];

const choiceOf = (test: Test) => ({
  id: test.id,
  name: `${test.model}@${test.version} · ${precisionOf(test)} · ${test.dataset} · ${short(test.id)}`,
});

async function completed(asked: { search?: string; limit: number }): Promise<Page<{ id: string; name: string }>> {
  const page = await body(api.GET("/api/v1/tests", { params: { query: { ...asked, state: "completed" } } }));
  return { items: page.items.map(choiceOf), next: page.next };
}

function AddTest({ ids, add }: { ids: readonly string[]; add: (id: string) => void }) {
  const { say } = useWords(compare);
  if (ids.length >= TASKS_MAX) return <span>{say("compare.full", { max: TASKS_MAX })}</span>;
  return (
    <label className="run">
      <span>{say("compare.add")}</span>
      <span style={{ display: "inline-block", width: 420, maxWidth: "70vw" }}>
        <Choose
          key={ids.join(",")}
          name={["tests", "completed"]}
          ask={completed}
          label={say("compare.add")}
          onChange={(id) => {
            if (id !== null && !ids.includes(id)) add(id);
          }}
        />
      </span>
    </label>
  );
}

/** What was asked for, where it cannot be compared: one of them may have to go. */
function Asked({ ids, remove }: { ids: readonly string[]; remove: (id: string) => void }) {
  const { say } = useWords(compare);
  return (
    <ul>
      {ids.map((id) => (
        <li key={id}>
          <code>{id}</code>{" "}
          <Button size="small" aria-label={say("compare.remove_of", { name: short(id) })} onClick={() => remove(id)}>
            {say("compare.remove")}
          </Button>
        </li>
      ))}
    </ul>
  );
}
