/** What the cloud answers instead of doing it: an HTTP status and a code of its error table. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message = `The request is refused: ${code}.`,
  ) {
    super(message);
  }
}

export const missing = (name: string): Refusal =>
  new Refusal(400, "MissingParameter", `The parameter "${name}" that is mandatory is not supplied.`);

export const invalid = (name: string, why = "is not valid"): Refusal =>
  new Refusal(400, "InvalidParameter", `The specified parameter "${name}" ${why}.`);

export const malformed = (name: string, why = "is malformed"): Refusal =>
  new Refusal(400, `Invalid${name}.Malformed`, `The specified "${name}" ${why}.`);

export const unknownThing = (name: string, id: string): Refusal =>
  new Refusal(404, `Invalid${name}.NotFound`, `The specified ${name} "${id}" does not exist.`);
