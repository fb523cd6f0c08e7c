/** What a Tron's file says of itself: its networks with inputs, outputs, classes and arguments, and the whole JSON. */
import { useQuery } from "@tanstack/react-query";
import { Descriptions, Spin, Tag } from "antd";

import { chainText } from "../../kit/chain";
import { Problem } from "../../kit/problem";
import { size } from "../../kit/shown";
import { Source } from "../../kit/source";
import { useWords } from "../../words/say";
import { tronCalls } from "./calls";
import { models } from "./words";

type SubModel = Awaited<ReturnType<typeof tronCalls.manifest>>["sub_models"][number];
const CLASSES_SHOWN_MAX = 60;

export function Describe({ id }: { id: string }) {
  const { say } = useWords(models);
  const found = useQuery({ queryKey: ["models", "manifest", id], queryFn: () => tronCalls.manifest(id) });
  if (found.isError && found.data === undefined) return <Problem error={found.error} again={() => void found.refetch()} />;
  if (found.data === undefined) return <Spin />;
  const manifest = found.data;
  return (
    <>
      {manifest.sub_models.map((sub) => (
        <Sub key={sub.name} sub={sub} method={sub.method || manifest.method} />
      ))}
      <h2>{say("describe.json")}</h2>
      <Source label={say("describe.json")} text={JSON.stringify(manifest, null, 2)} />
    </>
  );
}

const shape = (sizes: readonly number[]) => sizes.join(" × ");
const vector = (values: readonly number[]) => values.map((each) => Number(each.toPrecision(6))).join(", ");

function Sub({ sub, method }: { sub: SubModel; method: string }) {
  const { say } = useWords(models);
  const normalised = ({ mean, scale }: SubModel["normalisation"]) => `mean ${vector(mean)} · scale ${vector(scale)}`;
  const steps = sub.steps?.length ? chainText(sub.steps) : "";
  const others = (sub.other_graphs ?? []).map((each) => `${each.precision} (${size(each.size_bytes)})`).join(", ");
  return (
    <>
      <h2>{say("describe.sub", { name: sub.name })}</h2>
      <Descriptions
        bordered
        size="small"
        column={{ xs: 1, sm: 1, md: 1, lg: 2 }}
        items={[
          { key: "input", label: say("describe.input"), children: <code>{`${sub.input.name}: ${shape(sub.input.shape)} ${sub.input.dtype} ${sub.input.layout}`}</code> },
          { key: "batch", label: say("describe.max_batch"), children: sub.max_batch },
          { key: "outputs", label: say("describe.outputs"), span: "filled", children: <Outputs sub={sub} /> },
          { key: "method", label: say("tron.method"), children: method },
          { key: "graph", label: say("describe.graph"), children: `${sub.graph} (${size(sub.size_bytes)}, opset ${sub.opset})` },
          { key: "normalisation", label: say("describe.normalisation"), span: "filled", children: normalised(sub.normalisation) },
          ...(sub.folded
            ? [{ key: "folded", label: say("describe.folded"), span: "filled" as const, children: normalised(sub.folded) }]
            : []),
          ...(steps ? [{ key: "steps", label: say("describe.steps"), span: "filled" as const, children: <code>{steps}</code> }] : []),
          ...(others ? [{ key: "others", label: say("describe.precisions"), span: "filled" as const, children: others }] : []),
          ...sub.tasks.map((task) => ({
            key: `task ${task.name}`,
            label: `${say("describe.tasks")} · ${task.name}`,
            span: "filled" as const,
            children: <Classes names={task.classes} />,
          })),
          ...(sub.args ?? []).map((arg) => ({
            key: `arg ${arg.name}`,
            label: `args · ${arg.name}`,
            children: <code>{`${arg.kind}: ${Array.isArray(arg.value) ? arg.value.join(", ") : String(arg.value)}`}</code>,
          })),
        ]}
      />
    </>
  );
}

function Outputs({ sub }: { sub: SubModel }) {
  const { say } = useWords(models);
  return (
    <ul style={{ margin: 0, paddingInlineStart: 20 }}>
      {sub.outputs.map((each) => (
        <li key={each.name}>
          <code>{`${each.name}: ${shape(each.shape)} ${each.dtype}`}</code>
          {each.distribution ? ` · ${say("describe.distribution")}` : null}
        </li>
      ))}
    </ul>
  );
}

function Classes({ names }: { names: readonly string[] }) {
  const { say } = useWords(models);
  return (
    <>
      {names.slice(0, CLASSES_SHOWN_MAX).map((name) => (
        <Tag key={name}>{name}</Tag>
      ))}
      {names.length > CLASSES_SHOWN_MAX ? "… " : null}
      {say("describe.classes", { count: names.length })}
    </>
  );
}
