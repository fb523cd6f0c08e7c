/** The form of a test as plain values, and the wish that is made of it. Pure. */
import type { Schemas } from "../../api/client";
import type { Step } from "../../kit/chain";

export type Form = Schemas["TestForm"];
type Test = Schemas["Test"];
type Pair = Schemas["TaskPair"];
type Dimension = Schemas["Dimension"];
export type Precision = "fp32" | "fp16" | "int8" | "bf16";
export type Platform = "nvidia" | "ascend";
export type SizePolicy = "true" | "1920x1080";
export type BackendName = "auto" | "onnxruntime" | "openvino";
export const BACKENDS: readonly BackendName[] = ["auto", "onnxruntime", "openvino"];

export const IOU_MIN = 0.05;
export const IOU_MAX = 0.99;
export const LOOPS_MAX = 1000;
export const TESTS_MAX = 200;
export const DIMENSIONS_MAX = 20;
const USUAL_IOU = 0.5;

export interface Draft {
  platform: Platform;
  models: string[];
  quick: boolean;
  datasets: string[];
  batch_size: number;
  loops: number;
  iou_threshold: number;
  size_policy: SizePolicy;
  /** The switches and what is added to them; none of them is fp32. */
  precisions: Precision[];
  /** null: as the form proposes. */
  tasks: Pair[] | null;
  dimensions: Dimension[];
  steps: Step[] | null;
  backend: BackendName;
}

export function freshDraft(model?: string, dataset?: string, quick = false): Draft {
  return {
    platform: "nvidia",
    models: model ? [model] : [],
    quick,
    datasets: dataset ? [dataset] : [],
    batch_size: 1,
    loops: 1,
    iou_threshold: USUAL_IOU,
    size_policy: "true",
    precisions: [],
    tasks: null,
    dimensions: [],
    steps: null,
    backend: "auto",
  };
}

/** The draft that leads to the same test. */
export function draftOfTest(test: Test): Draft {
  const options = test.options;
  return {
    ...freshDraft(test.model_id, test.dataset_id),
    platform: test.job.platform ?? "nvidia",
    batch_size: test.batch_size,
    loops: test.loops,
    iou_threshold: options?.iou_threshold ?? USUAL_IOU,
    size_policy: options?.size_policy ?? "true",
    precisions: test.precision === "fp32" ? [] : [test.precision],
    tasks: options?.tasks?.length ? [...options.tasks] : null,
    dimensions: [...(options?.dimensions ?? [])],
    steps: [...test.steps],
    backend: test.backend ?? "auto",
  };
}

/** What runs: with nothing switched on fp32. */
export function precisionsOf(draft: Pick<Draft, "precisions">): Precision[] {
  return draft.precisions.length ? draft.precisions : ["fp32"];
}

export function countOf(draft: Draft): number {
  return draft.models.length * (draft.quick ? 1 : draft.datasets.length) * precisionsOf(draft).length;
}

/** The tasks of the list: those that were chosen, else the proposed ones. */
export function tasksOf(draft: Draft, form: Form | undefined): Pair[] {
  return draft.tasks ?? form?.tasks ?? [];
}

/** Deleting a task deletes the dimension that is made of it. */
export function withoutTask(draft: Draft, form: Form | undefined, dataset_task: string): Draft {
  return {
    ...draft,
    tasks: tasksOf(draft, form).filter((each) => each.dataset_task !== dataset_task),
    dimensions: draft.dimensions.filter((each) => each.name !== dataset_task),
  };
}

/** A dimension that is switched off again no longer is a task; its figures stay wanted. */
export function asTask(draft: Draft, name: string, as_task: boolean): Draft {
  return {
    ...draft,
    dimensions: draft.dimensions.map((each) => (each.name === name ? { ...each, as_task } : each)),
  };
}

/** Precisions that the switches allow; of what was on, the rest goes off. */
export function allowedPrecisions(wanted: readonly Precision[], form: Form): Precision[] {
  const off = new Set(form.switches.filter((each) => !each.enabled).map((each) => each.precision));
  return wanted.filter((each) => !off.has(each));
}

export type Lack = "model" | "dataset" | "images" | "tasks" | "batch" | "many" | "common";

/** What is still missing before the draft can be sent; the server checks everything again. */
export function lacksOf(draft: Draft, form: Form | undefined, images: number): Lack[] {
  const lacks: [Lack, boolean][] = [
    ["model", draft.models.length === 0],
    ["dataset", !draft.quick && draft.datasets.length === 0],
    ["images", draft.quick && images === 0],
    ["tasks", !draft.quick && draft.tasks !== null && draft.tasks.length === 0],
    ["batch", form !== undefined && draft.batch_size > form.max_batch],
    ["many", countOf(draft) > TESTS_MAX],
    ["common", !draft.quick && draft.tasks === null && form?.nothing_common === true],
  ];
  return lacks.filter(([, holds]) => holds).map(([lack]) => lack);
}

function optionsOf(draft: Draft): Schemas["TestOptions"] {
  return {
    iou_threshold: draft.iou_threshold,
    size_policy: draft.size_policy,
    // none: matched for each test by itself
    tasks: draft.tasks ?? [],
    dimensions: draft.dimensions,
  };
}

/** Every model on every dataset in every precision. */
export function batchOf(draft: Draft): Schemas["BatchWish"] {
  return {
    model_ids: draft.models,
    dataset_ids: draft.datasets,
    precisions: precisionsOf(draft),
    batch_size: draft.batch_size,
    loops: draft.loops,
    backend: draft.backend,
    options: optionsOf(draft),
    steps: draft.steps,
    without_tasks: [],
  };
}

export function quickOf(draft: Draft, model_id: string, precision: Precision, digest: string): Schemas["QuickCheckWish"] {
  return {
    model_id,
    revision_job_id: null,
    digest,
    file_name: "images.zip",
    batch_size: draft.batch_size,
    precision,
    backend: draft.backend,
    steps: draft.steps,
  };
}

/** A test once more as it was. */
export const UNCHANGED: Schemas["CloneWish"] = {
  model_id: null,
  dataset_id: null,
  revision_job_id: null,
  version_job_id: null,
  batch_size: null,
  loops: null,
  precision: null,
  backend: null,
  steps: null,
  options: null,
  without_tasks: null,
};

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Only what differs from the test: the rest, its revision and dataset version too, stays as it was. */
export function changesOf(test: Test, draft: Draft): Schemas["CloneWish"] {
  const was = draftOfTest(test);
  const [model_id] = draft.models;
  const [dataset_id] = draft.datasets;
  const [precision = "fp32"] = precisionsOf(draft);
  const keys = ["iou_threshold", "size_policy", "tasks", "dimensions"] as const;
  const options = keys.some((key) => !same(was[key], draft[key]));
  return {
    ...UNCHANGED,
    ...(model_id && model_id !== test.model_id ? { model_id } : {}),
    ...(dataset_id && dataset_id !== test.dataset_id ? { dataset_id } : {}),
    ...(draft.batch_size === test.batch_size ? {} : { batch_size: draft.batch_size }),
    ...(draft.loops === test.loops ? {} : { loops: draft.loops }),
    ...(precision === test.precision ? {} : { precision }),
    ...(draft.backend === was.backend ? {} : { backend: draft.backend }),
    ...(draft.steps === null || same(draft.steps, was.steps) ? {} : { steps: draft.steps }),
    ...(options ? { options: optionsOf(draft) } : {}),
  };
}
