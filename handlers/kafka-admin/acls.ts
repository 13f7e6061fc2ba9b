import type { AclEntry, Done } from './request';

export interface AclAdmin {
  /** Those that are there stay as they are. */
  createAcls(entries: AclEntry[]): Promise<void>;
  /** Those that are gone are as good. */
  deleteAcls(entries: AclEntry[]): Promise<void>;
}

/** New rights come before old ones go: who has both is never without. */
export async function changeAcls(admin: AclAdmin, create: AclEntry[], remove: AclEntry[]): Promise<Done> {
  const key = (entry: AclEntry) => JSON.stringify(Object.entries(entry).sort());
  const kept = new Set(create.map(key));
  const revoked = remove.filter((entry) => !kept.has(key(entry)));
  if (create.length > 0) await admin.createAcls(create);
  if (revoked.length > 0) await admin.deleteAcls(revoked);
  return {};
}
