import { driveParameters } from "../docker/drive";
import type { Desktop, Service } from "../driver";
import { passwordOf } from "./password";

/** How guacd reaches the desktop of an instance; in Windows the home is a drive of it. */
export function desktop(address: string, { os, user = "" }: Service, secret: string): Desktop {
  const [host = "", port = "3389"] = address.split(":");
  return {
    protocol: "rdp",
    host,
    port: Number(port),
    parameters: {
      username: user,
      password: passwordOf(secret),
      security: "any",
      // Every instance signs its own certificate when it is made; the way there is the VPC's.
      "ignore-cert": "true",
      "resize-method": "display-update",
      // What is no key of it is sent as Unicode to Windows, and pasted into xrdp.
      "server-layout": "en-us-qwerty",
      "color-depth": "24",
      ...(os === "windows" ? driveParameters : {}),
    },
  };
}
