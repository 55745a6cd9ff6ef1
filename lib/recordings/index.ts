// What was shown in a desktop or terminal, kept for replay for a while. Whoever shows it writes it; how it is
// compressed, kept and removed stays in here.
export { beginRecording, type Recording } from "./begin";
export { type CastKind, castEvent, castHeader } from "./cast";
export { agreeToRecording, recordingConsent, requireConsent, withdrawConsent } from "./consent";
export { recordingBytes, recordingCounts, recordingPage, recordingsOf } from "./queries";
export { reconcileRecordings } from "./reconcile";
