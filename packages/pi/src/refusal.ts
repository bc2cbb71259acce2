/** What the user or the model has to change; its message is shown as it is. Nothing was sent when it is thrown. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
}
