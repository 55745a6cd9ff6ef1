// Whether this process works, and what is missing if not: plain causes, no names, no secrets.
export { answerMachine } from "./answer-machine";
export { checkDocker } from "./checks";
export { databaseAnswers } from "./database-answers";
export { enterPhase } from "./phase";
export { systemReport } from "./report";
