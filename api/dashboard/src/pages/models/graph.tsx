/** How a model's graph looks: one of its file, drawn by Netron in a frame that is handed its bytes and can do no more. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, Select, Spin, Typography } from "antd";
import { useEffect, useRef, useState } from "react";

import type { Schemas } from "../../api/client";
import { useTheme } from "../../frame/theme-context";
import { Problem } from "../../kit/problem";
import { size } from "../../kit/shown";
import { Source } from "../../kit/source";
import { useWords } from "../../words/say";
import { type Tron, tronCalls } from "./calls";
import "./graph.css";
import { models } from "./words";

type Part = Schemas["Graph"];
const COMMAND = "python3 -m pip install -e '.[graph]'";
/** Scripts, without an origin: no cookie, no storage, no answer of the API. Pictures of the graph may be saved. */
const SANDBOX = "allow-scripts allow-downloads";

export function Graph({ tron, number }: { tron: Tron; number: number }) {
  const found = useQuery({ queryKey: ["models", "graphs", tron.id], queryFn: () => tronCalls.graphs(tron.id) });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Spin />;
  const { graphs, viewer } = found.data;
  if (viewer === null) return <NoViewer />;
  return (
    <>
      {graphs.length > 1 ? <Which id={tron.id} graphs={graphs} number={number} /> : null}
      <Chosen tron={tron} number={number} graph={graphs[number]} viewer={viewer} />
    </>
  );
}

function NoViewer() {
  const { say } = useWords(models);
  const how = (
    <>
      <Typography.Paragraph>{say("graph.get_viewer")}</Typography.Paragraph>
      <Source label={say("graph.command")} text={COMMAND} />
    </>
  );
  return <Alert type="info" showIcon title={say("graph.no_viewer")} description={how} />;
}

function Which({ id, graphs, number }: { id: string; graphs: readonly Part[]; number: number }) {
  const { say } = useWords(models);
  const navigate = useNavigate();
  const named = (each: Part) => [each.sub_model, each.precision, size(each.size_bytes)].filter(Boolean).join(" · ");
  return (
    <Select<number>
      aria-label={say("graph.choose")}
      value={number}
      options={graphs.map((each, value) => ({ value, label: named(each) }))}
      onChange={(next) =>
        void navigate({ to: "/models/trons/$id", params: { id }, search: { tab: "graph", ...(next ? { graph: next } : {}) } })
      }
      popupMatchSelectWidth={false}
      style={{ marginBottom: 16 }}
    />
  );
}

interface Choice {
  tron: Tron;
  number: number;
  graph: Part | undefined;
  viewer: string;
}

function Chosen({ tron, number, graph, viewer }: Choice) {
  const { mode } = useTheme();
  const file = tron.revisions[0]?.tron.digest;
  // not under the topic of models: what lies in a file never changes, so that no news may fetch it again
  const bytes = useQuery({
    queryKey: ["graph", tron.id, file, number],
    queryFn: () => tronCalls.graph(tron.id, number),
    staleTime: Infinity,
    gcTime: 0,
    structuralSharing: false,
  });
  if (bytes.isError) return <Problem error={bytes.error} again={() => void bytes.refetch()} />;
  if (bytes.data === undefined) return <Spin />;
  const name = graph?.file_name ?? tron.file_name;
  return <Frame key={`${file} ${number} ${mode}`} viewer={viewer} page={`${viewer}/${mode}/index.html`} name={name} bytes={bytes.data} />;
}

function Frame({ viewer, page, name, bytes }: { viewer: string; page: string; name: string; bytes: ArrayBuffer }) {
  const { say } = useWords(models);
  const frame = useRef<HTMLIFrameElement>(null);
  const [busy, setBusy] = useState(true);
  useEffect(() => {
    const hear = ({ source, data }: MessageEvent<unknown>) => {
      const inside = frame.current?.contentWindow;
      if (!inside || source !== inside) return;
      const state = stateOf(data);
      // it has no origin that could be named here; what it is given is the graph that it is for
      if (state === "ready") inside.postMessage({ name, bytes }, "*");
      if (state === "drawn" || state === "failed") setBusy(false);
    };
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  }, [name, bytes]);
  return (
    <>
      <Spin spinning={busy} description={say("graph.drawing")}>
        <iframe ref={frame} className="graph" sandbox={SANDBOX} src={page} title={say("graph.frame", { name })} />
      </Spin>
      <Typography.Paragraph type="secondary">{say("graph.by", { version: viewer.split("/").at(-1) ?? "" })}</Typography.Paragraph>
    </>
  );
}

function stateOf(data: unknown): unknown {
  return typeof data === "object" && data !== null && "graph" in data ? data.graph : undefined;
}
