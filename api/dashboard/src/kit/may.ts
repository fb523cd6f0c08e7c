/** Why the reader may not do something, before the server says so; null where they may. */
import { useSession } from "../frame/session-context";
import { useWords } from "../words/say";

/** For changing or deleting a thing of an owner; without one, for making things at all. */
export function useWhyNot(owner?: string): string | null {
  const { say } = useWords();
  const { can, mayChange } = useSession();
  if (!can("write")) return say("may.read_only");
  return owner === undefined || mayChange(owner) ? null : say("may.not_yours");
}
