/** What a figure is called: its measure, and its task where it has one. */
import { useWords } from "../../words/say";
import { namesIn } from "./figures";
import { compare } from "./words";

export function useFigureName(): (key: string) => string {
  const { label } = useWords(compare);
  return (key) => {
    const { measure, task } = namesIn(key);
    return task ? `${label("measured", measure)} · ${task}` : label("measured", measure);
  };
}
