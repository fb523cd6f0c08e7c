/** Tests: the list, live; what is ticked is carried into the comparison. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { App, Button, Select, Space, type TableColumnsType, Tooltip } from "antd";

import { api, body } from "../../api/client";
import { useSession } from "../../frame/session-context";
import { Backend } from "../../kit/backend";
import { milliseconds, NONE, percent } from "../../kit/charts/figures";
import { JobActions } from "../../kit/job-actions";
import { StateOfJob } from "../../kit/state-of-job";
import { Listing } from "../../kit/listing";
import { useWhyNot } from "../../kit/may";
import { toldOf } from "../../kit/problem";
import { short, when } from "../../kit/shown";
import { useWords } from "../../words/say";
import { UNCHANGED } from "./form-state";
import { chosenIds, type JobState, STATES, type Test, type TestsSearch } from "./search";
import { tests } from "./words";
import "./tests.css";

function useColumns(): TableColumnsType<Test> {
  const { say, label, lang } = useWords(tests);
  return [
    {
      title: say("column.id"),
      render: (_, row) => (
        <Link to="/tests/$id" params={{ id: row.id }}>
          <code>{short(row.id)}</code>
        </Link>
      ),
    },
    { title: say("tests.model"), render: (_, row) => `${row.model} ${row.version}` },
    { title: say("tests.platform"), render: (_, row) => (row.job.platform ? label("platform", row.job.platform) : NONE) },
    { title: say("tests.dataset"), dataIndex: "dataset" },
    { title: say("tests.precision"), dataIndex: "precision" },
    {
      title: say("column.state"),
      render: (_, row) => <StateOfJob job={row.job} />,
    },
    {
      title: (
        <Tooltip title={say("tests.accuracy.hint")}>
          <span>{say("tests.accuracy")}</span>
        </Tooltip>
      ),
      align: "right",
      render: (_, row) =>
        typeof row.accuracy === "number" ? `${percent(row.accuracy)}${row.measure ? ` ${label("measure", row.measure)}` : ""}` : NONE,
    },
    { title: say("tests.backend"), render: (_, row) => (row.used ? <Backend used={row.used} brief /> : NONE) },
    { title: say("tests.total"), align: "right", render: (_, row) => milliseconds(row.total_ms) },
    { title: say("tests.preprocess"), align: "right", render: (_, row) => milliseconds(row.preprocess?.mean_ms) },
    { title: say("tests.inference"), align: "right", render: (_, row) => milliseconds(row.inference?.mean_ms) },
    { title: say("tests.postprocess"), align: "right", render: (_, row) => milliseconds(row.postprocess?.mean_ms) },
    { title: say("column.created"), render: (_, row) => when(row.job.requested_at, lang) },
  ];
}

function Rerun({ test }: { test: Test }) {
  const { say } = useWords(tests);
  const { message, notification } = App.useApp();
  const queries = useQueryClient();
  const again = useMutation({
    mutationFn: () => body(api.POST("/api/v1/tests/{id}/clone", { params: { path: { id: test.id } }, body: UNCHANGED })),
    onSuccess: () => {
      void message.success(say("tests.rerun.done"));
      void queries.invalidateQueries({ queryKey: ["jobs"] });
    },
    onError: (error) => {
      const { title, detail } = toldOf(error, say);
      notification.error({ title, description: detail });
    },
  });
  const name = `${say("tests.rerun")} ${test.model} ${short(test.id)}`;
  const whyNot = useWhyNot();
  return (
    <Button type="link" size="small" disabled={whyNot !== null} title={whyNot ?? ""} aria-label={name} loading={again.isPending} onClick={() => again.mutate()}>
      {say("tests.rerun")}
    </Button>
  );
}

function Actions({ test }: { test: Test }) {
  const { say } = useWords(tests);
  const { can } = useSession();
  const name = `${test.model} ${short(test.id)}`;
  return (
    <Space size={0}>
      {test.job.state === "completed" ? (
        <Link className="act" to="/tests/$id" params={{ id: test.id }} aria-label={`${say("tests.view")} ${name}`}>
          {say("tests.view")}
        </Link>
      ) : null}
      <JobActions job={test.job} small />
      {can("write") ? (
        <Link className="act" to="/tests/new" search={{ clone: test.id }} aria-label={`${say("tests.clone")} ${name}`}>
          {say("tests.clone")}
        </Link>
      ) : null}
      <Rerun test={test} />
    </Space>
  );
}

const ANY = "any";

/** State, and taking back what narrowed the list from elsewhere. */
function Filters({ search }: { search: TestsSearch }) {
  const { say, label } = useWords(tests);
  const navigate = useNavigate();
  const go = (next: TestsSearch) => void navigate({ to: "/tests", search: next });
  const { cursor: _, state: __, ...rest } = search;
  const { subject_id: ___, dataset_id: ____, ...free } = search;
  return (
    <>
      <Select<JobState | typeof ANY>
        style={{ width: 130 }}
        aria-label={say("column.state")}
        value={search.state ?? ANY}
        options={[
          { value: ANY, label: say("tests.any_state") },
          ...STATES.map((each) => ({ value: each, label: label("state", each) })),
        ]}
        onChange={(state) => go(state === ANY ? rest : { ...rest, state })}
      />
      {search.subject_id || search.dataset_id ? (
        <Button onClick={() => go(free)}>{`${say("tests.filtered")} · ${say("tests.unfiltered")}`}</Button>
      ) : null}
    </>
  );
}

/** Another area's page. */
const COMPARE: string = "/compare";

/** What is done with the ticked ones; whoever may only look may compare too. */
function Ticked({ search, chosen }: { search: TestsSearch; chosen: string[] }) {
  const { say } = useWords(tests);
  const navigate = useNavigate();
  const { chosen: _, ...rest } = search;
  return (
    <Space>
      {chosen.length ? (
        <Button onClick={() => void navigate({ to: "/tests", search: rest })}>{say("tests.unticked")}</Button>
      ) : null}
      <Button
        disabled={chosen.length === 0}
        onClick={() => void navigate({ to: COMPARE, search: { tasks: chosen.join(","), base: chosen[0] } as never })}
      >
        {say("tests.compare", { count: chosen.length })}
      </Button>
    </Space>
  );
}

function New() {
  const { say } = useWords(tests);
  const navigate = useNavigate();
  return (
    <Button type="primary" onClick={() => void navigate({ to: "/tests/new" })}>
      {say("tests.new")}
    </Button>
  );
}

export function TestsList() {
  const { say } = useWords(tests);
  const search = useSearch({ from: "/tests" });
  const navigate = useNavigate();
  const columns = useColumns();
  const chosen = chosenIds(search.chosen);
  const { chosen: _, ...narrowed } = search;
  return (
    <Listing<Test, TestsSearch>
      // progress and outcome of a test are its job's
      name={["jobs", "tests"]}
      title={say("menu.tests")}
      search={search}
      ask={({ chosen: _chosen, ...asked }) => body(api.GET("/api/v1/tests", { params: { query: asked } }))}
      columns={columns}
      filters={
        <>
          <Filters search={search} />
          <Ticked search={search} chosen={chosen} />
        </>
      }
      head={<New />}
      actions={(row) => <Actions test={row} />}
      ticked={{
        ids: chosen,
        tick: (ids) =>
          void navigate({ to: "/tests", search: ids.length ? { ...narrowed, chosen: ids.join(",") } : narrowed, replace: true }),
        label: (row) => say("tests.tick", { name: `${row.model} ${row.version} ${short(row.id)}` }),
      }}
    />
  );
}
