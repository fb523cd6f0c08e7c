/** The preprocessing chain: its steps in order, each with its parameters; moved, added and deleted by buttons. */
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined } from "@ant-design/icons";
import { Button, Checkbox, Form as Layout, InputNumber, Select, Space } from "antd";

import { chainText, type Step } from "../../kit/chain";
import { useWords } from "../../words/say";
import type { Editing } from "./new-page";
import { added, chainProblem, INTERPOLATIONS, moved, OPS, SIDE_MAX } from "./steps";
import { testForm } from "./new-words";

export function StepsField({ draft, change, form }: Editing) {
  const { say } = useWords(testForm);
  const steps = draft.steps ?? form?.steps ?? [];
  const put = (next: Step[]) => change({ steps: next });
  const problem = chainProblem(steps);
  return (
    <Layout.Item
      label={say("new.chain_steps")}
      extra={`${say("new.steps.hint")} ${chainText(steps)}`}
      {...(problem ? { validateStatus: "error" as const, help: say(`chain.${problem}`) } : {})}
    >
      <ol className="steps">
        {steps.map((step, at) => (
          <li key={`${at}-${step.op}`}>
            <Space wrap>
              <b>{step.op}</b>
              <Parameters step={step} place={at + 1} put={(next) => put(steps.map((each, place) => (place === at ? next : each)))} />
              <Button
                size="small"
                icon={<ArrowUpOutlined aria-hidden />}
                aria-label={say("new.steps.up", { place: at + 1 })}
                disabled={at === 0}
                onClick={() => put(moved(steps, at, -1))}
              />
              <Button
                size="small"
                icon={<ArrowDownOutlined aria-hidden />}
                aria-label={say("new.steps.down", { place: at + 1 })}
                disabled={at === steps.length - 1}
                onClick={() => put(moved(steps, at, 1))}
              />
              <Button
                size="small"
                danger
                icon={<DeleteOutlined aria-hidden />}
                aria-label={say("new.steps.delete", { place: at + 1 })}
                onClick={() => put(steps.filter((_, place) => place !== at))}
              />
            </Space>
          </li>
        ))}
      </ol>
      <Space wrap>
        <span>{say("new.steps.add")}</span>
        {OPS.map((op) => (
          <Button key={op} size="small" onClick={() => put(added(steps, op))}>
            {`+ ${op}`}
          </Button>
        ))}
        <Button size="small" disabled={draft.steps === null} onClick={() => change({ steps: null })}>
          {say("new.steps.reset")}
        </Button>
      </Space>
    </Layout.Item>
  );
}

interface Changing<T> {
  step: T;
  place: number;
  put: (step: Step) => void;
}

function Parameters({ step, place, put }: Changing<Step>) {
  switch (step.op) {
    case "resize":
      return <ResizeFields step={step} place={place} put={put} />;
    case "centercrop":
      return <SizeFields step={step} place={place} put={put} />;
    case "equal_resize":
      return <EqualFields step={step} place={place} put={put} />;
    default:
      return null;
  }
}

type Of<O extends Step["op"]> = Extract<Step, { op: O }>;

function Side({ label, value, set }: { label: string; value: number; set: (value: number) => void }) {
  return (
    <InputNumber
      size="small"
      style={{ width: 84 }}
      min={1}
      max={SIDE_MAX}
      precision={0}
      aria-label={label}
      value={value}
      onChange={(next) => set(next ?? 1)}
    />
  );
}

function SizeFields({ step, place, put }: Changing<Of<"centercrop"> | Of<"equal_resize">>) {
  const { say } = useWords(testForm);
  return (
    <span>
      <Side label={say("new.steps.width", { place })} value={step.width} set={(width) => put({ ...step, width })} /> ×{" "}
      <Side label={say("new.steps.height", { place })} value={step.height} set={(height) => put({ ...step, height })} />
    </span>
  );
}

function Interpolation({ step, place, put }: Changing<Of<"resize"> | Of<"equal_resize">>) {
  const { say } = useWords(testForm);
  return (
    <Select
      size="small"
      style={{ width: 140 }}
      aria-label={say("new.steps.interpolation", { place })}
      value={step.interpolation ?? "linear"}
      options={INTERPOLATIONS.map((value) => ({ value, label: value }))}
      onChange={(interpolation) => put({ ...step, interpolation })}
    />
  );
}

const SHORT = 256;

function ResizeFields({ step, place, put }: Changing<Of<"resize">>) {
  const { say } = useWords(testForm);
  const short = typeof step.short_side === "number";
  const { op, interpolation } = step;
  return (
    <Space wrap>
      <Select
        size="small"
        style={{ width: 190 }}
        aria-label={say("new.steps.mode", { place })}
        value={short ? "short" : "stretch"}
        options={[
          { value: "stretch", label: say("new.steps.stretch") },
          { value: "short", label: say("new.steps.by_short") },
        ]}
        onChange={(mode) =>
          put(mode === "short" ? { op, interpolation, short_side: step.height ?? SHORT, width: null, height: null } : { op, interpolation, short_side: null, width: step.short_side ?? SHORT, height: step.short_side ?? SHORT })
        }
      />
      {short ? (
        <Side label={say("new.steps.short", { place })} value={step.short_side ?? SHORT} set={(side) => put({ ...step, short_side: side })} />
      ) : (
        <span>
          <Side label={say("new.steps.width", { place })} value={step.width ?? SHORT} set={(width) => put({ ...step, width })} /> ×{" "}
          <Side label={say("new.steps.height", { place })} value={step.height ?? SHORT} set={(height) => put({ ...step, height })} />
        </span>
      )}
      <Interpolation step={step} place={place} put={put} />
    </Space>
  );
}

function EqualFields({ step, place, put }: Changing<Of<"equal_resize">>) {
  const { say } = useWords(testForm);
  return (
    <Space wrap>
      <SizeFields step={step} place={place} put={put} />
      <Checkbox checked={step.centred ?? false} onChange={(event) => put({ ...step, centred: event.target.checked })}>
        {say("new.steps.centred")}
      </Checkbox>
      <InputNumber
        size="small"
        style={{ width: 72 }}
        min={0}
        max={255}
        precision={0}
        aria-label={say("new.steps.value", { place })}
        value={step.value ?? 0}
        onChange={(value) => put({ ...step, value: value ?? 0 })}
      />
      <Interpolation step={step} place={place} put={put} />
    </Space>
  );
}
