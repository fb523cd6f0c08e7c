/** What really ran: backend, version, precision; what did not run on the device that was meant says so, in words. */
import { Tag } from "antd";

import type { Schemas } from "../api/client";
import { useWords } from "../words/say";
import { backend } from "./backend-words";

export type Used = Schemas["BackendUsed"];

export function Backend({ used, brief = false }: { used: Used; brief?: boolean }) {
  const { say } = useWords(backend);
  return (
    <span>
      {brief ? used.backend : `${used.backend} ${used.version}`} <Tag>{used.precision}</Tag>
      <Tag color={used.on_platform ? "success" : "warning"}>
        {say(used.on_platform ? "backend.on_platform" : brief ? "backend.off_platform_brief" : "backend.off_platform")}
      </Tag>
    </span>
  );
}

/** Why it was not what was asked for; nothing where it was. */
export function Fallbacks({ used }: { used: Used }) {
  const { label } = useWords(backend);
  const codes = used.fallbacks ?? [];
  return codes.length === 0 ? null : (
    <ul className="plain">
      {codes.map((each) => (
        <li key={each.code}>{label("fallback", each.code)}</li>
      ))}
    </ul>
  );
}
