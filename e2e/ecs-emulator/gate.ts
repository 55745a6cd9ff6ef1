import { actions } from "./actions";
import { Call } from "./actions/call";
import { type Answer, checkAnswer } from "./answer";
import type { Cloud } from "./cloud";
import { Parameters } from "./parameters";
import { missing, Refusal } from "./refusal";
import { Signatures, type SignedRequest } from "./signature";

/** What goes back: an answer, a refusal, or nothing at all because the connection broke. */
export type Reply =
  | { kind: "answer"; requestId: string; answer: Answer }
  | { kind: "refusal"; requestId: string; refusal: Refusal }
  | { kind: "drop" };

/** The cloud's door: who calls, what is asked, what goes wrong on the way; then the action itself. */
export class Gate {
  readonly #signatures: Signatures;

  constructor(
    private readonly cloud: Cloud,
    wallClock: () => number,
  ) {
    this.#signatures = new Signatures((id) => cloud.account.secretOf(id), wallClock);
  }

  handle(request: SignedRequest): Reply {
    const { cloud } = this;
    cloud.clock.settle();
    const action = request.headers["x-acs-action"] ?? "";
    const [, accessKeyId = null] = /Credential=([^,]+)/.exec(request.headers.authorization ?? "") ?? [];
    const noted = cloud.calls.note({ at: cloud.clock.now(), action, result: "OK", accessKeyId });
    const requestId = cloud.ids.request();
    try {
      this.#signatures.check(request);
      const reply = this.#pass(action, request, requestId);
      if (reply.kind === "drop") noted.result = "dropped";
      if (reply.kind === "refusal") noted.result = reply.refusal.code;
      return reply;
    } catch (error) {
      if (!(error instanceof Refusal)) {
        noted.result = "emulator is wrong";
        throw error;
      }
      noted.result = error.code;
      return { kind: "refusal", requestId, refusal: error };
    } finally {
      // What takes no time is done at once.
      cloud.clock.settle();
    }
  }

  #pass(action: string, request: SignedRequest, requestId: string): Reply {
    const { cloud } = this;
    const known = Object.hasOwn(actions, action);
    const isRight = request.method === "POST" && request.headers["x-acs-version"] === "2014-05-26";
    if (!known || !isRight) throw new Refusal(404, "InvalidApi.NotFound", "Specified api is not found.");
    cloud.faults.throttle(action);
    const fault = cloud.faults.next(action);
    if (fault?.kind === "drop-before") return { kind: "drop" };
    if (fault?.kind === "error") throw fault.refusal;
    cloud.account.permit(action);
    const answer = this.#act(action, Parameters.read(action, request.query));
    if (fault?.kind === "drop-after") return { kind: "drop" };
    if (fault?.kind === "error-after") throw fault.refusal;
    return { kind: "answer", requestId, answer };
  }

  /** The same token with the same parameters gets the first answer again; with others it is refused. */
  #act(action: string, asked: Parameters): Answer {
    const { cloud } = this;
    const token = asked.text("ClientToken");
    if (token !== undefined && !/^[\x21-\x7e]{1,64}$/.test(token)) {
      throw new Refusal(400, "InvalidClientToken.Malformed");
    }
    const key = token === undefined || asked.flag("DryRun") ? undefined : `${action} ${token}`;
    const before = key === undefined ? undefined : cloud.tokens.get(key);
    if (before) {
      if (before.asked === asked.fingerprint()) return before.answer;
      const why = "The specified parameters do not match those of the first call with this token.";
      throw new Refusal(400, "IdempotentParameterMismatch", why);
    }
    const act = actions[action];
    if (!act) throw missing("Action");
    const answer = act(new Call(cloud, asked));
    checkAnswer(action, { ...answer, RequestId: "" });
    if (key !== undefined) cloud.tokens.set(key, { asked: asked.fingerprint(), answer });
    return answer;
  }
}
