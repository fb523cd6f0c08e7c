/** The nonce of this page's answer, for the styles that components make at run time under the strict policy. */
export const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";

/** A few styles (locked tables, open dialogs) are made by a helper of Ant Design that knows no nonce. */
export function nonceEveryStyle(): void {
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const made = create(name, options);
    if (name.toLowerCase() === "style") made.nonce = nonce;
    return made;
  }) as typeof document.createElement;
}
