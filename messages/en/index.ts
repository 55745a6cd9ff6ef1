import accounts from "./accounts.json" with { type: "json" };
import attemptsCloud from "./attempts.cloud.json" with { type: "json" };
import attemptsHome from "./attempts.home.json" with { type: "json" };
import attempts from "./attempts.json" with { type: "json" };
import clouds from "./clouds.json" with { type: "json" };
import collections from "./collections.json" with { type: "json" };
import collectionsRestore from "./collections.restore.json" with { type: "json" };
import consoles from "./consoles.json" with { type: "json" };
import consolesTerminal from "./consoles.terminal.json" with { type: "json" };
import costs from "./costs.json" with { type: "json" };
import courses from "./courses.json" with { type: "json" };
import desktop from "./desktop.json" with { type: "json" };
import errorsAccounts from "./errors.accounts.json" with { type: "json" };
import errorsAttempts from "./errors.attempts.json" with { type: "json" };
import errorsClouds from "./errors.clouds.json" with { type: "json" };
import errorsCollections from "./errors.collections.json" with { type: "json" };
import errorsCommon from "./errors.common.json" with { type: "json" };
import errorsConsoles from "./errors.consoles.json" with { type: "json" };
import errorsCosts from "./errors.costs.json" with { type: "json" };
import errorsCourses from "./errors.courses.json" with { type: "json" };
import errorsHome from "./errors.home.json" with { type: "json" };
import errorsHomefiles from "./errors.homefiles.json" with { type: "json" };
import errorsHosts from "./errors.hosts.json" with { type: "json" };
import errorsInstances from "./errors.instances.json" with { type: "json" };
import errorsJobs from "./errors.jobs.json" with { type: "json" };
import errorsRecordings from "./errors.recordings.json" with { type: "json" };
import errorsTerminal from "./errors.terminal.json" with { type: "json" };
import errorsWarm from "./errors.warm.json" with { type: "json" };
import errorsWatches from "./errors.watches.json" with { type: "json" };
import errorsWorkspaces from "./errors.workspaces.json" with { type: "json" };
import experiments from "./experiments.json" with { type: "json" };
import frame from "./frame.json" with { type: "json" };
import homefiles from "./homefiles.json" with { type: "json" };
import hosts from "./hosts.json" with { type: "json" };
import jobs from "./jobs.json" with { type: "json" };
import recordings from "./recordings.json" with { type: "json" };
import templatesCloud from "./templates.cloud.json" with { type: "json" };
import templates from "./templates.json" with { type: "json" };
import ui from "./ui.json" with { type: "json" };
import uiTerminal from "./ui.terminal.json" with { type: "json" };
import warmCloud from "./warm.cloud.json" with { type: "json" };
import warm from "./warm.json" with { type: "json" };
import watches from "./watches.json" with { type: "json" };
import workspacesCloud from "./workspaces.cloud.json" with { type: "json" };
import workspacesInside from "./workspaces.inside.json" with { type: "json" };
import workspaces from "./workspaces.json" with { type: "json" };
import workspacesPause from "./workspaces.pause.json" with { type: "json" };
import workspacesReset from "./workspaces.reset.json" with { type: "json" };
import workspacesUnsaved from "./workspaces.unsaved.json" with { type: "json" };

export default {
  accounts,
  "attempts.cloud": attemptsCloud,
  "attempts.home": attemptsHome,
  attempts,
  clouds,
  collections,
  "collections.restore": collectionsRestore,
  consoles,
  "consoles.terminal": consolesTerminal,
  costs,
  courses,
  desktop,
  "errors.accounts": errorsAccounts,
  "errors.attempts": errorsAttempts,
  "errors.clouds": errorsClouds,
  "errors.collections": errorsCollections,
  "errors.common": errorsCommon,
  "errors.consoles": errorsConsoles,
  "errors.costs": errorsCosts,
  "errors.courses": errorsCourses,
  "errors.home": errorsHome,
  "errors.homefiles": errorsHomefiles,
  "errors.hosts": errorsHosts,
  "errors.instances": errorsInstances,
  "errors.jobs": errorsJobs,
  "errors.recordings": errorsRecordings,
  "errors.terminal": errorsTerminal,
  "errors.warm": errorsWarm,
  "errors.watches": errorsWatches,
  "errors.workspaces": errorsWorkspaces,
  experiments,
  frame,
  homefiles,
  hosts,
  jobs,
  recordings,
  "templates.cloud": templatesCloud,
  templates,
  ui,
  "ui.terminal": uiTerminal,
  "warm.cloud": warmCloud,
  warm,
  watches,
  "workspaces.cloud": workspacesCloud,
  "workspaces.inside": workspacesInside,
  workspaces,
  "workspaces.pause": workspacesPause,
  "workspaces.reset": workspacesReset,
  "workspaces.unsaved": workspacesUnsaved,
};
