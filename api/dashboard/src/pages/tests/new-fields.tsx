/** What is tested (platform, model, images or dataset) and how often: the manual's fields (1) to (6). */
import { Form as Layout, InputNumber, Radio, Switch } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { Segments } from "../../kit/segments";
import { useWords } from "../../words/say";
import { ChooseMany } from "./choose-many";
import { IOU_MAX, IOU_MIN, LOOPS_MAX, type Platform, type SizePolicy, TESTS_MAX } from "./form-state";
import type { Editing } from "./new-page";
import type { Test } from "./search";
import { testForm } from "./new-words";

type Tron = Schemas["Tron"];
type Dataset = Schemas["Dataset"];

/** What was filled in for another model. */
const OF_MODEL = { tasks: null, steps: null };

interface What extends Editing {
  original: Test | null;
  files: File[];
  choose: (files: File[]) => void;
}

export function WhatFields(props: What) {
  const { say, label } = useWords(testForm);
  const { draft, change, original } = props;
  const platforms: Platform[] = ["nvidia", "ascend"];
  return (
    <>
      <Layout.Item label={say("tests.platform")} required>
        <Segments<Platform>
          aria-label={say("tests.platform")}
          value={draft.platform}
          options={platforms.map((value) => ({ value, label: label("platform", value) }))}
          onChange={(platform) => change({ platform, models: [], ...OF_MODEL })}
        />
      </Layout.Item>
      <Layout.Item label={say("new.model")} htmlFor="test-models" required extra={say("new.model.hint")}>
        <ChooseMany<Tron>
          id="test-models"
          label={say("new.model")}
          name={["models", "trons", draft.platform]}
          ask={(asked) => body(api.GET("/api/v1/trons", { params: { query: { ...asked, platform: draft.platform } } }))}
          shown={(tron) => `${tron.name} ${tron.version} · ${tron.repo}/${tron.method}`}
          usable={(tron) => tron.state === "ready" && !tron.unusable}
          known={original ? { [original.model_id]: `${original.model} ${original.version}` } : {}}
          value={draft.models}
          count_max={original ? 1 : TESTS_MAX}
          onChange={(models) => change(models[0] === draft.models[0] ? { models } : { models, ...OF_MODEL })}
        />
      </Layout.Item>
      {original ? null : (
        <Layout.Item label={say("new.quick")} htmlFor="test-quick" extra={say("new.quick.hint")}>
          <Switch id="test-quick" aria-label={say("new.quick")} checked={draft.quick} onChange={(quick) => change({ quick })} />
        </Layout.Item>
      )}
      {draft.quick ? <LocalImages {...props} /> : <DatasetField {...props} />}
    </>
  );
}

function LocalImages({ files, choose }: What) {
  const { say } = useWords(testForm);
  return (
    <Layout.Item label={say("new.images")} htmlFor="test-images" required extra={say("new.images.count", { count: files.length })}>
      <input
        id="test-images"
        type="file"
        multiple
        accept="image/*"
        onChange={(event) => choose([...(event.target.files ?? [])])}
      />
    </Layout.Item>
  );
}

function DatasetField({ draft, change, original }: What) {
  const { say } = useWords(testForm);
  return (
    <Layout.Item label={say("new.dataset")} htmlFor="test-datasets" required extra={say("new.dataset.hint")}>
      <ChooseMany<Dataset>
        id="test-datasets"
        label={say("new.dataset")}
        name={["datasets", "list"]}
        ask={(asked) => body(api.GET("/api/v1/datasets", { params: { query: asked } }))}
        shown={(dataset) => `${dataset.name} · ${dataset.type} · ${dataset.versions[0]?.images ?? 0}`}
        usable={(dataset) => dataset.versions.length > 0}
        known={original ? { [original.dataset_id]: original.dataset } : {}}
        value={draft.datasets}
        count_max={original ? 1 : TESTS_MAX}
        onChange={(datasets) => change({ datasets, tasks: null, dimensions: [], ...(original ? { steps: null } : {}) })}
      />
    </Layout.Item>
  );
}

/** Batch size, loops, and where there are boxes: IoU threshold and size rule. */
export function HowFields({ draft, change, form }: Editing) {
  const { say, label } = useWords(testForm);
  const max = form?.max_batch;
  const boxes = form?.iou_threshold ?? false;
  const over = max !== undefined && draft.batch_size > max;
  const sizes: SizePolicy[] = ["true", "1920x1080"];
  return (
    <>
      <Layout.Item
        label={say("new.batch")}
        htmlFor="test-batch"
        required
        {...(over ? { validateStatus: "error" as const, help: say("lack.batch") } : {})}
        {...(max === undefined ? {} : { extra: say("new.batch.hint", { max }) })}
      >
        <InputNumber
          id="test-batch"
          min={1}
          {...(max === undefined ? {} : { max })}
          precision={0}
          value={draft.batch_size}
          onChange={(batch_size) => change({ batch_size: batch_size ?? 1 })}
        />
      </Layout.Item>
      {draft.quick ? null : (
        <Layout.Item label={say("new.loops")} htmlFor="test-loops" required extra={say("new.loops.hint")}>
          <InputNumber
            id="test-loops"
            min={1}
            max={LOOPS_MAX}
            precision={0}
            value={draft.loops}
            onChange={(loops) => change({ loops: loops ?? 1 })}
          />
        </Layout.Item>
      )}
      {draft.quick ? null : (
        <Layout.Item label={say("new.iou")} htmlFor="test-iou" required={boxes} {...(boxes ? {} : { extra: say("new.iou.off") })}>
          <InputNumber
            id="test-iou"
            min={IOU_MIN}
            max={IOU_MAX}
            step={0.05}
            disabled={!boxes}
            value={draft.iou_threshold}
            onChange={(iou_threshold) => change({ iou_threshold: iou_threshold ?? 0.5 })}
          />
        </Layout.Item>
      )}
      {boxes && !draft.quick ? (
        <Layout.Item label={say("new.size")} extra={say("new.size.hint")}>
          <Radio.Group
            aria-label={say("new.size")}
            value={draft.size_policy}
            options={sizes.map((value) => ({ value, label: label("size_policy", value) }))}
            onChange={(event) => change({ size_policy: event.target.value === "true" ? "true" : "1920x1080" })}
          />
        </Layout.Item>
      ) : null}
    </>
  );
}
