/** One dataset: its versions, its images, its figures, what was left out, the tests on it. */
import "./datasets.css";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Empty, Select, Skeleton, Space, Tabs, Tag, Typography } from "antd";
import { useCallback, useEffect, useRef } from "react";

import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { type Dataset, datasetCalls, untilOver } from "./calls";
import { DatasetActions } from "./dataset-actions";
import { DatasetState } from "./dataset-state";
import { FiguresTab } from "./figures";
import { JobLine } from "./job-line";
import { LedgerTab } from "./ledger";
import { PreviewTab } from "./preview";
import { changed, type DatasetSearch, type Tab, TABS } from "./search";
import { TestsTab } from "./tests-on";
import { VersionsTab } from "./versions";
import { datasets } from "./words";

export type Change = (by: { [Key in keyof DatasetSearch]?: DatasetSearch[Key] | null }) => void;

export function DatasetPage() {
  const { id } = useParams({ from: "/datasets/$id" });
  const found = useQuery({ queryKey: ["datasets", "one", id], queryFn: () => datasetCalls.one(id) });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  return found.data ? <Whole key={id} dataset={found.data} /> : <Skeleton active />;
}

function useChange(search: DatasetSearch): Change {
  const navigate = useNavigate({ from: "/datasets/$id" });
  const now = useRef(search);
  useEffect(() => {
    now.current = search;
  });
  return useCallback((by) => void navigate({ search: changed(now.current, by) }), [navigate]);
}

function Whole({ dataset }: { dataset: Dataset }) {
  const { say } = useWords(datasets);
  const search = useSearch({ from: "/datasets/$id" });
  const change = useChange(search);
  const words: Record<Tab, string> = {
    preview: say("dataset.preview"),
    figures: say("dataset.figures"),
    ledger: say("dataset.ledger"),
    tests: say("dataset.look_tests"),
    versions: say("dataset.tab_versions"),
  };
  const tab = search.tab ?? "preview";
  const place = { id: dataset.id, search, change };
  const empty = dataset.versions.length === 0;
  const shown: Record<Tab, () => React.ReactNode> = {
    preview: () => (empty ? <Empty description={say("dataset.no_version")} /> : <PreviewTab {...place} />),
    figures: () => (empty ? <Empty description={say("dataset.no_version")} /> : <FiguresTab {...place} />),
    ledger: () => (empty ? <Empty description={say("dataset.no_version")} /> : <LedgerTab {...place} />),
    tests: () => <TestsTab {...place} dataset={dataset} />,
    versions: () => <VersionsTab dataset={dataset} />,
  };
  return (
    <section aria-label={dataset.name}>
      <Head dataset={dataset} search={search} change={change} />
      <ImportLine dataset={dataset} />
      <Tabs
        activeKey={tab}
        onChange={(next) =>
          change({ tab: TABS.find((each) => each === next) ?? null, from: null, record: null, code: null, cursor: null })
        }
        items={TABS.map((key) => ({
          key,
          label: words[key],
          children: key === tab ? <div>{shown[key]()}</div> : null,
        }))}
      />
    </section>
  );
}

interface HeadProps {
  dataset: Dataset;
  search: DatasetSearch;
  change: Change;
}

function Head({ dataset, search, change }: HeadProps) {
  const { say, label } = useWords(datasets);
  const count = dataset.versions.length;
  return (
    <>
      <div className="page-head">
        <Link to="/datasets">{say("dataset.back")}</Link>
        <h1>{dataset.name}</h1>
        <Tag>{label("dataset_type", dataset.type)}</Tag>
        <DatasetState state={dataset.state} />
        {count ? (
          <Select<string>
            aria-label={say("dataset.version")}
            style={{ minWidth: 120 }}
            value={search.version ?? dataset.versions[0]?.job_id ?? ""}
            options={dataset.versions.map((each, place) => ({
              value: each.job_id,
              label: say(place ? "dataset.older" : "dataset.newest", { number: count - place }),
            }))}
            onChange={(version) =>
              change({ version: version === dataset.versions[0]?.job_id ? null : version, from: null, record: null })
            }
          />
        ) : null}
        <span className="grow" />
        <Space size={4}>
          <DatasetActions row={dataset} version={search.version} />
        </Space>
      </div>
      {dataset.note ? <Typography.Paragraph>{dataset.note}</Typography.Paragraph> : null}
    </>
  );
}

/** The newest import, while it goes on or where it went wrong. */
function ImportLine({ dataset }: { dataset: Dataset }) {
  const { say } = useWords(datasets);
  const client = useQueryClient();
  const found = useQuery({
    queryKey: ["jobs", "import", dataset.id],
    queryFn: () => datasetCalls.imports(dataset.id),
    refetchInterval: (query) => untilOver(query.state.data?.items[0]),
  });
  const job = found.data?.items[0];
  const state = job?.state;
  const was = useRef(state);
  useEffect(() => {
    // the import that was under way is over: what it made is there now
    if (was.current !== undefined && was.current !== state) void client.invalidateQueries({ queryKey: ["datasets"] });
    was.current = state;
  }, [client, state]);
  if (job === undefined || job.state === "completed") return null;
  return <JobLine job={job} title={say("dataset.import_job")} />;
}
