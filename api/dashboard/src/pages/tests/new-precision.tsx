/** fp16 and int8 as the manual's rule has them, with the reason where one is off; the backend. */
import { Form as Layout, Select, Space, Switch } from "antd";

import { useWords } from "../../words/say";
import { SelectMany } from "../../kit/select-many";
import { type BackendName, BACKENDS, type Precision } from "./form-state";
import type { Editing } from "./new-page";
import { testForm } from "./new-words";

export function PrecisionFields({ draft, change, form, several }: Editing & { several: boolean }) {
  const { say } = useWords(testForm);
  const switches = form?.switches ?? [];
  const switched = new Set<string>(switches.map((each) => each.precision));
  const more = (form?.precisions ?? []).filter((each) => !switched.has(each));
  const turn = (precision: Precision, on: boolean) => {
    const rest = several ? draft.precisions.filter((each) => each !== precision) : [];
    change({ precisions: on ? [...rest, precision] : rest });
  };
  return (
    <>
      <Layout.Item label={say("new.precision")}>
        <Space orientation="vertical">
          {(["fp16", "int8"] as const).map((precision) => {
            const own = switches.find((each) => each.precision === precision);
            return (
              <span key={precision}>
                <Switch
                  aria-label={precision}
                  aria-describedby={`why-${precision}`}
                  disabled={!own?.enabled}
                  checked={draft.precisions.includes(precision)}
                  onChange={(on) => turn(precision, on)}
                />{" "}
                {precision}{" "}
                <span id={`why-${precision}`} className="reason">
                  {own?.enabled ? say("new.precision.on") : (form?.messages[precision] ?? "")}
                </span>
              </span>
            );
          })}
        </Space>
      </Layout.Item>
      {several && more.length ? (
        <Layout.Item label={say("new.precision.more")} htmlFor="test-precisions" extra={say("new.precision.more.hint")}>
          <SelectMany<Precision>
            id="test-precisions"
            aria-label={say("new.precision.more")}
            style={{ maxWidth: 320 }}
            value={draft.precisions.filter((each) => !switched.has(each))}
            options={more.map((value) => ({ value, label: value }))}
            onChange={(chosen) => change({ precisions: [...draft.precisions.filter((each) => switched.has(each)), ...chosen] })}
          />
        </Layout.Item>
      ) : null}
    </>
  );
}

export function BackendField({ draft, change }: Editing) {
  const { say } = useWords(testForm);
  return (
    <Layout.Item label={say("new.backend")} htmlFor="test-backend">
      <Select<BackendName>
        id="test-backend"
        aria-label={say("new.backend")}
        style={{ maxWidth: 320 }}
        value={draft.backend}
        options={BACKENDS.map((value) => ({ value, label: value === "auto" ? `auto · ${say("new.backend.auto")}` : value }))}
        onChange={(backend) => change({ backend })}
      />
    </Layout.Item>
  );
}
