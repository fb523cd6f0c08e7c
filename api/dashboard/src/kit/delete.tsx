/** Deleting asks once more, and says what depends on the thing; where something does, its name must be typed. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal, Spin } from "antd";
import { useId, useState } from "react";

import type { Schemas } from "../api/client";
import { useWords } from "../words/say";
import { DependentList } from "./dependents";
import { useWhyNot } from "./may";
import { Problem } from "./problem";

interface Props {
  name: string;
  /** Whose it is; without an owner whoever may write may change it. */
  owner?: string;
  dependents: () => Promise<Schemas["Dependents"]>;
  remove: () => Promise<unknown>;
}

export function DeleteButton({ name, owner, dependents, remove }: Props) {
  const { say } = useWords();
  const [open, setOpen] = useState(false);
  const whyNot = useWhyNot(owner);
  return (
    <>
      <Button
        type="link"
        danger
        size="small"
        disabled={whyNot !== null}
        title={whyNot ?? ""}
        aria-label={`${say("action.delete")} ${name}`}
        onClick={() => setOpen(true)}
      >
        {say("action.delete")}
      </Button>
      {open ? <Ask name={name} dependents={dependents} remove={remove} close={() => setOpen(false)} /> : null}
    </>
  );
}

function Ask({ name, dependents, remove, close }: Omit<Props, "owner"> & { close: () => void }) {
  const { say } = useWords();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  // things of several kinds have one name: every question is its own
  const key = useId();
  const depend = useQuery({ queryKey: ["dependents", key], queryFn: dependents, staleTime: 0, gcTime: 0 });
  const gone = useMutation({
    mutationFn: remove,
    onSuccess: () => {
      void message.success(say("thing.deleted"));
      void queries.invalidateQueries();
      close();
    },
  });
  const some = (depend.data?.items.length ?? 0) > 0;
  return (
    <Modal
      open
      title={say("delete.title", { name })}
      okText={say("action.delete")}
      okButtonProps={{ danger: true, disabled: depend.data === undefined || (some && typed !== name) }}
      confirmLoading={gone.isPending}
      onOk={() => gone.mutate()}
      onCancel={close}
    >
      {depend.isPending ? <Spin /> : null}
      {depend.isError ? <Problem error={depend.error} again={() => void depend.refetch()} /> : null}
      {depend.data && !some ? <p>{say("delete.free")}</p> : null}
      {depend.data && some ? (
        <>
          <p>{say("delete.dependents")}</p>
          <DependentList found={depend.data} none="" />
          <label>
            {say("delete.type_name")} <b>{name}</b>
            <Input value={typed} onChange={(event) => setTyped(event.target.value)} />
          </label>
        </>
      ) : null}
      {gone.isError ? <Problem error={gone.error} /> : null}
    </Modal>
  );
}
