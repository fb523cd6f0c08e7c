/** The last step: its name once more, the notice that data and template differ, and the import. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { App, Button, Flex, Form } from "antd";

import type { Schemas } from "../../api/client";
import { NameField, NoteField } from "../../kit/edit";
import { Problem } from "../../kit/problem";
import { useWords } from "../../words/say";
import { type Scan, scanCalls } from "./calls";
import { type Draft, draftOf, dropDraft, keepDraft } from "./draft";
import type { ScreenProps } from "./scan-screen";
import { datasets } from "./words";

const NAME_CHARS_MAX = 200;
/** The notice of the manual: data and template do not match, the template decides. */
const NOTICE = "data_not_matching";

interface Props extends ScreenProps {
  found: Scan;
  kind: Schemas["Wanted"]["kind"];
  survey: Schemas["Survey"];
}

export function Confirm({ scan, dataset, found, kind, survey }: Props) {
  const { say } = useWords(datasets);
  const { modal } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const make = useImport({ scan, dataset, kind });
  const ask = (draft: Draft) => {
    if (!found.notices.some((each) => each.code === NOTICE)) return make.mutate(draft);
    void modal.confirm({
      title: say("map.notice"),
      content: `${say("map.counts", { images: survey.images, dropped: survey.dropped })}${say("map.notice_more")}`,
      okText: say("map.confirm"),
      cancelText: say("action.cancel"),
      onOk: () => make.mutate(draft),
    });
  };
  return (
    <Form<Draft>
      form={form}
      layout="vertical"
      className="narrow"
      initialValues={draftOf(scan)}
      onValuesChange={(_, all) => keepDraft(scan, all)}
      onFinish={ask}
    >
      {dataset === undefined ? <Names /> : null}
      {make.isError ? <Problem error={make.error} /> : null}
      <Flex className="filters">
        <Button type="primary" htmlType="submit" loading={make.isPending} disabled={!survey.images}>
          {say("map.confirm")}
        </Button>
      </Flex>
    </Form>
  );
}

function Names() {
  return (
    <>
      <NameField max={NAME_CHARS_MAX} />
      <NoteField />
    </>
  );
}

/** Asks for the import, then leads to the dataset, where it is seen to go on. */
function useImport({ scan, dataset, kind }: Pick<Props, "scan" | "dataset" | "kind">) {
  const navigate = useNavigate();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (draft: Draft) => {
      const wish = { digest: "", scan_job_id: scan, pairs: [], format: "auto", split: "" };
      if (dataset !== undefined) return scanCalls.version(dataset, wish);
      return scanCalls.create({ ...wish, name: draft.name.trim(), note: draft.note, type: kind });
    },
    onSuccess: (job) => {
      dropDraft(scan);
      void client.invalidateQueries({ queryKey: ["datasets"] });
      void navigate({ to: "/datasets/$id", params: { id: job.subject_id } });
    },
  });
}
