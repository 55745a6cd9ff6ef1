export { authorizeTopics, type TopicCheckers } from "./authorize-topics";
export { pruneChanges } from "./prune";
export { publishChange, publishChanges, type Topic } from "./publish";
export { closeStreams, subscribe, subscriberCount } from "./subscribe";
export { watchChanges } from "./watch";
