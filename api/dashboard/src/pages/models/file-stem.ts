/** The name that a model's file gets, while its parts are typed; as schemas/file_names.py:stem_of composes it. */
const STEM_CHARS_MAX = 180;
const STEM_BYTES_MAX = 220;
const REFUSED = /[/\\:*?"<>|]|\p{C}/u;

interface Parts {
  repo?: string;
  name?: string;
  method?: string;
  version?: string;
}

export function fileStem({ repo = "", name = "", method = "", version = "" }: Parts): string {
  const typed = [...`${repo}_${name}_${method}_${version}`.normalize("NFC")];
  const kept = typed.map((char) => (REFUSED.test(char) ? "_" : char)).slice(0, STEM_CHARS_MAX);
  let bytes = 0;
  const fitting = kept.filter((char) => (bytes += new TextEncoder().encode(char).length) <= STEM_BYTES_MAX);
  return fitting.join("").replace(/^[. ]+|[. ]+$/g, "");
}
