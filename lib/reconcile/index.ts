// What is there against what is wanted, everywhere; needs no durable job and no memory of what happened.
export { keepReconciling } from "./keep-reconciling";
export { reconcile } from "./reconcile";
