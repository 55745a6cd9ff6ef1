/** A path on our own origin: `/api/files/x`. Not `//host`, not `/\host`, not a scheme. */
export const isOwnPath = (url: string | undefined): boolean => Boolean(url && /^\/(?![/\\])/.test(url));
