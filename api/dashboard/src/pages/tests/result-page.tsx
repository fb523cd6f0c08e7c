/** A test: what it was, how it ran, what came out; its parts in tabs, the view in the address. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Alert, Descriptions, Skeleton, Space, Tabs } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { Backend, Fallbacks } from "../../kit/backend";
import { milliseconds, NONE, percent } from "../../kit/charts/figures";
import { JobActions, hasEnded } from "../../kit/job-actions";
import { JobProgress } from "../../kit/job-progress";
import { placeOf } from "../../kit/linked";
import { Problem } from "../../kit/problem";
import { short, when } from "../../kit/shown";
import { State } from "../../kit/state";
import { useWords } from "../../words/say";
import "./tests.css";

import { About } from "./about";
import { Gallery } from "./gallery";
import { Outcome } from "./outcome";
import { readReport, type Report } from "./report";
import { onTab, type ResultSearch, type Tab, TABS, type Test } from "./search";
import { Slices } from "./slices";
import { tests } from "./words";

type Intervals = Record<string, Schemas["Interval"]>;

export function useGo(): (change: ResultSearch) => void {
  const navigate = useNavigate();
  const { id } = useParams({ from: "/tests/$id" });
  return (search) => void navigate({ to: "/tests/$id", params: { id }, search, resetScroll: false });
}

const oneTest = (id: string) => body(api.GET("/api/v1/tests/{id}", { params: { path: { id } } }));

async function intervals(id: string): Promise<Intervals> {
  const compared = await body(api.GET("/api/v1/comparisons", { params: { query: { tests: id } } }));
  return compared.tests[0]?.intervals ?? {};
}

export function ResultPage() {
  const { say } = useWords(tests);
  const { id } = useParams({ from: "/tests/$id" });
  const found = useQuery({ queryKey: ["jobs", "test", id], queryFn: () => oneTest(id) });
  const test = found.data;
  return (
    <div className="test-page">
      <div className="page-head">
        <h1>{say("result.title")}</h1>
        {test ? <Head test={test} /> : <code>{short(id)}</code>}
      </div>
      {found.isError ? <Problem error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending ? <Skeleton active /> : null}
      {test && !hasEnded(test.job) ? (
        <Alert type="info" title={say("result.waiting")} description={<JobProgress job={test.job} />} />
      ) : null}
      {test && test.job.state !== "completed" && test.job.message ? <Alert type="error" title={test.job.message} /> : null}
      {test?.job.state === "completed" ? <Completed test={test} /> : null}
      {test && test.job.state !== "completed" ? <Detail test={test} intervals={{}} /> : null}
    </div>
  );
}

function Head({ test }: { test: Test }) {
  const { say } = useWords(tests);
  return (
    <Space wrap>
      <State state={test.job.state} />
      <JobActions job={test.job} />
      <Link to="/tests/new" search={{ clone: test.id }}>
        {say("tests.clone")}
      </Link>
    </Space>
  );
}

function Completed({ test }: { test: Test }) {
  const { say } = useWords(tests);
  const search = useSearch({ from: "/tests/$id" });
  const go = useGo();
  const result = useQuery({ queryKey: ["tests", "result", test.id], queryFn: () => readReport(test.id) });
  const around = useQuery({ queryKey: ["tests", "intervals", test.id], queryFn: () => intervals(test.id) });
  const parts: Record<Tab, (got: Report) => React.ReactNode> = {
    result: (got) => <Outcome report={got} search={search} />,
    images: (got) => <Gallery test={test} report={got} search={search} />,
    slices: (got) => <Slices report={got} />,
    about: (got) => <About test={test} report={got} />,
  };
  return (
    <>
      <Detail test={test} intervals={around.data ?? {}} />
      {around.isError ? <Problem error={around.error} /> : null}
      {result.isError ? <Problem error={result.error} again={() => void result.refetch()} /> : null}
      <Tabs
        activeKey={search.tab ?? "result"}
        onChange={(tab) => go(onTab(search, tab as Tab))}
        items={TABS.map((tab) => ({
          key: tab,
          label: say(`result.tab.${tab}`),
          children: result.data ? parts[tab](result.data) : <Skeleton active={result.isPending} />,
        }))}
        destroyOnHidden
      />
    </>
  );
}

function Detail({ test, intervals: around }: { test: Test; intervals: Intervals }) {
  const { say, label, lang } = useWords(tests);
  const sure = around["accuracy"];
  const accuracy =
    typeof test.accuracy === "number" && test.measure
      ? `${percent(test.accuracy)} ${label("measure", test.measure)}`
      : NONE;
  const items = [
    ["column.id", <code key="id">{test.id}</code>],
    ["tests.model", <Link key="model" to={placeOf("tron", test.model_id) ?? ""}>{`${test.model} ${test.version}`}</Link>],
    ["tests.platform", test.job.platform ? label("platform", test.job.platform) : NONE],
    ["tests.dataset", <Link key="dataset" to={placeOf("dataset", test.dataset_id) ?? ""}>{test.dataset}</Link>],
    ["tests.precision", test.precision],
    ["tests.accuracy", <b key="accuracy">{accuracy}</b>],
    ["result.interval", sure ? `${percent(sure.low)} – ${percent(sure.high)}` : NONE],
    ["result.images", test.images ?? NONE],
    ["result.skipped", test.skipped ?? NONE],
    ["tests.total", milliseconds(test.total_ms)],
    ["tests.inference", milliseconds(test.inference?.mean_ms)],
    ["column.created", when(test.job.requested_at, lang)],
  ] as const;
  return (
    <section aria-label={say("result.detail")}>
      <Descriptions
        title={<h2>{say("result.detail")}</h2>}
        size="small"
        bordered
        column={{ xs: 1, md: 2, xl: 3 }}
        items={[
          ...items.map(([word, children]) => ({ key: word, label: say(word), children })),
          ...(test.used
            ? [
                {
                  key: "used",
                  label: say("tests.backend"),
                  span: "filled" as const,
                  children: (
                    <>
                      <Backend used={test.used} />
                      <Fallbacks used={test.used} />
                    </>
                  ),
                },
              ]
            : []),
        ]}
      />
    </section>
  );
}

