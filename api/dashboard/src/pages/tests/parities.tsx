/** Comparisons of Trons with the PyTorch networks that they were made of: the list, live, and asking for one. */
import { useSearch } from "@tanstack/react-router";
import { Form, InputNumber, Typography } from "antd";

import { api, body, type Schemas } from "../../api/client";
import { NONE } from "../../kit/charts/figures";
import { Choose } from "../../kit/choose";
import { FormDialog } from "../../kit/form-dialog";
import { JobActions } from "../../kit/job-actions";
import { Listing } from "../../kit/listing";
import { OpenButton } from "../../kit/open-button";
import { useWords } from "../../words/say";
import { useJobColumns } from "./job-columns";
import { tiny } from "./parity-page";
import { tests } from "./words";
import "./tests.css";

type Parity = Schemas["Parity"];

interface Fields {
  model_id: string;
  dataset_id: string;
  images_max: number;
  batch_size: number;
}

const USUAL: Pick<Fields, "images_max" | "batch_size"> = { images_max: 200, batch_size: 8 };
/** The newest revision and dataset version, the chain that the model is tested with. */
const UNPINNED = { revision_job_id: null, version_job_id: null, backend: "auto", steps: null };
const IMAGES_MAX = 2000;
const BATCH_MAX = 4096;

export function Parities() {
  const { say } = useWords(tests);
  const search = useSearch({ from: "/parities" });
  const columns = useJobColumns<Parity>("parity", [
    { title: say("tests.dataset"), dataIndex: "dataset" },
    { title: say("result.images"), align: "right", render: (_, row) => row.images ?? NONE },
    { title: say("parity.max_abs"), align: "right", render: (_, row) => tiny(row.max_abs) },
    { title: say("parity.different"), align: "right", render: (_, row) => row.different ?? NONE },
  ]);
  return (
    <Listing<Parity>
      name={["jobs", "parities"]}
      title={say("menu.parities")}
      search={search}
      ask={(asked) => body(api.GET("/api/v1/parities", { params: { query: asked } }))}
      columns={columns}
      head={<OpenButton text={say("parity.new")} dialog={(close) => <New close={close} />} />}
      actions={(row) => <JobActions job={row.job} small />}
    />
  );
}

function New({ close }: { close: () => void }) {
  const { say } = useWords(tests);
  const [form] = Form.useForm<Fields>();
  const needed = [{ required: true, message: say("field.required") }];
  return (
    <FormDialog<Fields>
      title={say("parity.new")}
      topic="jobs"
      form={form}
      initial={USUAL}
      save={(wish) => body(api.POST("/api/v1/parities", { body: { ...UNPINNED, ...wish } }))}
      done={say("parity.asked")}
      close={close}
    >
      <Typography.Paragraph type="secondary">{say("parity.new.hint")}</Typography.Paragraph>
      <Form.Item name="model_id" label={say("tests.model")} rules={needed}>
        <Choose<Schemas["Tron"]>
          name={["models", "trons"]}
          label={say("tests.model")}
          ask={(asked) => body(api.GET("/api/v1/trons", { params: { query: asked } }))}
          shown={(tron) => `${tron.name} ${tron.version} · ${tron.repo}/${tron.method}`}
        />
      </Form.Item>
      <Form.Item name="dataset_id" label={say("tests.dataset")} rules={needed}>
        <Choose<Schemas["Dataset"]>
          name={["datasets", "list"]}
          label={say("tests.dataset")}
          ask={(asked) => body(api.GET("/api/v1/datasets", { params: { query: asked } }))}
        />
      </Form.Item>
      <Form.Item name="images_max" label={say("parity.images_max")} rules={needed}>
        <InputNumber min={1} max={IMAGES_MAX} precision={0} />
      </Form.Item>
      <Form.Item name="batch_size" label={say("about.batch")} rules={needed}>
        <InputNumber min={1} max={BATCH_MAX} precision={0} />
      </Form.Item>
    </FormDialog>
  );
}
